"""Measure one linear autoencoder beside PCA."""

import numpy as np

from archdyn.measures.tidy import tidy
from archdyn.metrics.linear import flat, reconstruction_metrics
from archdyn.workflow.job import Job

with Job(snakemake) as job:
    training = job.params.training
    train, test = flat(np.load(job.input.train_images)[: training["images"]]), flat(np.load(job.input.test_images))
    values = reconstruction_metrics(np.load(job.input.outputs), test, train, training["latents"])
    tidy("linear", job.wildcards["condition"], job.seed, values).to_csv(job.output.metrics, index=False)
