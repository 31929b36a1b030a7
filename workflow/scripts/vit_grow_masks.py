"""The answers on the pictures under masks that grow."""

from pathlib import Path

import numpy as np
import pandas as pd

from archdyn.experiments.vit.embed import growing_logits
from archdyn.experiments.vit.model import load_vit
from archdyn.networks.device import pick_device
from archdyn.workflow.job import Job

with Job(snakemake) as job:
    device = job.uses(pick_device(job.params.device, job.threads, job.params.precision))
    how = job.params.seed, device, job.params.precision, job.params.embedding_batch
    vit, images = load_vit(Path(job.input.model), device), np.load(job.input.images)
    rows, arrays = growing_logits(vit, images, [0.0, *job.params.fractions], *how)
    pd.DataFrame(rows).to_csv(job.output.sweep, index=False)
    for name, array in arrays.items():
        np.save(getattr(job.output, name), array)
