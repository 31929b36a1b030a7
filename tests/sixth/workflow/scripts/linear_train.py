"""Train one linear autoencoder with one seed."""

import numpy as np

from archdyn.networks.checkpoint import save_checkpoint
from archdyn.settings.linear import LinearTraining
from archdyn.train.linear import train_linear
from archdyn.workflow.job import Job

with Job(snakemake) as job:
    device = job.device()
    job.seed_everything()
    training = LinearTraining.model_validate(job.params.training)
    images = np.load(job.input.train_images, mmap_mode="r")
    model = train_linear(images, training, device, job.progress, job.interruption())
    settings = {"pixels": len(model.centre), "latents": training.latents}
    save_checkpoint(job.output.model, {"linear": model}, settings)
