"""Reconstruct the test images by one linear autoencoder, and measure it beside PCA."""

from pathlib import Path

import numpy as np

from archdyn.experiments.linear.embed import reconstruct
from archdyn.experiments.linear.metrics import flat, reconstruction_metrics
from archdyn.measures.tidy import tidy
from archdyn.networks.device import pick_device
from archdyn.workflow.job import Job

with Job(snakemake) as job:
    device = job.uses(pick_device(job.params.device, job.threads))
    training = job.params.training
    train, test = np.load(job.input.train_images)[: training["images"]], np.load(job.input.test_images)
    outputs = reconstruct(Path(job.input.model), test, device)
    values = reconstruction_metrics(outputs, flat(test), flat(train), training["latents"])
    tidy("linear", job.wildcards["condition"], job.seed, values).to_csv(job.output.metrics, index=False)
