"""Score the answers under the masks of one design."""

from pathlib import Path

import numpy as np
import pandas as pd

from archdyn.experiments.vit.embed import mask_scores
from archdyn.experiments.vit.model import load_vit
from archdyn.measures.tidy import tidy
from archdyn.networks.device import pick_device
from archdyn.workflow.job import Job

with Job(snakemake) as job:
    device = job.uses(pick_device(job.params.device, job.threads, job.params.precision))
    vit = load_vit(Path(job.input.model), device)
    images = np.load(job.input.test_images, mmap_mode="r")[: job.params.images]
    how = device, job.params.precision, job.params.embedding_batch
    scores = mask_scores(vit, images, job.params.masks, job.params.seeds, *how)
    pd.concat([tidy("vit", *score) for score in scores]).to_csv(job.output.metrics, index=False)
