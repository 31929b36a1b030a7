"""Measure how the heads specialise: the entropy of their attention, and how far it reaches."""

import numpy as np

from archdyn.metrics.vit import head_rows
from archdyn.pipeline.job import Job

with Job(snakemake) as job:
    tokens = np.load(job.input.attention, mmap_mode="r").shape[-1]
    rows = head_rows(np.load(job.input.entropy), np.load(job.input.distance), tokens, job.seed)
    rows.to_csv(job.output.metrics, index=False)
