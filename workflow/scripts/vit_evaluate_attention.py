"""Measure how the heads specialise: the entropy of their attention, and how far it reaches."""

import numpy as np

from archdyn.experiments.vit.metrics import head_rows, heads_apart
from archdyn.measures.tidy import per_image
from archdyn.workflow.job import Job

with Job(snakemake) as job:
    tokens = np.load(job.input.attention, mmap_mode="r").shape[-1]
    entropy = np.load(job.input.entropy)
    rows = head_rows(entropy, np.load(job.input.distance), tokens, job.seed)
    rows.to_csv(job.output.metrics, index=False)
    per_image("attention", job.seed, heads_apart(entropy)).to_csv(job.output.images, index=False)
