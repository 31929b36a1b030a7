"""Reconstruct the test images by one linear autoencoder."""

from pathlib import Path

import numpy as np

from archdyn.embed.linear import reconstruct
from archdyn.workflow.job import Job

with Job(snakemake) as job:
    outputs = reconstruct(Path(job.input.model), np.load(job.input.test_images), job.device())
    np.save(job.output.outputs, outputs)
