"""The shown images and many test images with patches masked, at random and at the centre, in both ways."""

from pathlib import Path

import numpy as np
import pandas as pd

from archdyn.data.masks import block_fraction
from archdyn.embed.vit import masked_answers, masked_logits
from archdyn.models.vit import load_vit, patch_grid
from archdyn.pipeline.job import Job

with Job(snakemake) as job:
    device = job.device(job.params.precision)
    vit = load_vit(Path(job.input.model), device)
    settings = (job.params.seeds, device, job.params.precision)
    areas = [job.params.published_fraction, block_fraction(patch_grid(vit.model))]
    shown_rows, shown = masked_logits(vit, np.load(job.input.images), areas, *settings)
    test_images = np.load(job.input.test_images, mmap_mode="r")[: job.params.masking["images"]]
    sweep_rows, sweep = masked_answers(vit, test_images, job.params.masking["fractions"], *settings)
    pd.DataFrame(shown_rows).to_csv(job.output.shown, index=False)
    pd.DataFrame(sweep_rows).to_csv(job.output.sweep, index=False)
    for name, array in (sweep | {f"shown_{name}": array for name, array in shown.items()}).items():
        np.save(getattr(job.output, name), array)
