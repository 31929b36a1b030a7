"""The answers on the pictures under masks that grow."""

from pathlib import Path

import numpy as np
import pandas as pd

from archdyn.embed.vit import growing_logits
from archdyn.models.vit import load_vit
from archdyn.pipeline.job import Job

with Job(snakemake) as job:
    device = job.device(job.params.precision)
    how = job.params.seed, device, job.params.precision, job.params.embedding_batch
    vit, images = load_vit(Path(job.input.model), device), np.load(job.input.images)
    rows, arrays = growing_logits(vit, images, [0.0, *job.params.fractions], *how)
    pd.DataFrame(rows).to_csv(job.output.sweep, index=False)
    for name, array in arrays.items():
        np.save(getattr(job.output, name), array)
