"""The pictures and many test images with patches masked, at random and at the centre, in both ways."""

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
    masking = job.params.masking
    block = masking["published_block"]
    areas = [masking["published_share"], block_fraction(patch_grid(vit.model), block["side"] / block["grid"])]
    picture_rows, pictures = masked_logits(vit, np.load(job.input.images), areas, *settings)
    _, squashed = masked_logits(vit, np.load(job.input.squashed), areas, *settings)
    np.save(job.output.published_logits, squashed["logits"])
    test_images = np.load(job.input.test_images, mmap_mode="r")[: job.params.masking["images"]]
    sweep_rows, sweep = masked_answers(vit, test_images, job.params.masking["fractions"], *settings)
    pd.DataFrame(picture_rows).to_csv(job.output.pictures, index=False)
    pd.DataFrame(sweep_rows).to_csv(job.output.sweep, index=False)
    for name, array in (sweep | {f"picture_{name}": array for name, array in pictures.items()}).items():
        np.save(getattr(job.output, name), array)
