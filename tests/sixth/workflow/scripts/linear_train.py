"""Train one linear autoencoder with one seed."""

import numpy as np

from archdyn.experiments.linear.settings import LinearTraining
from archdyn.experiments.linear.train import train_linear
from archdyn.networks.checkpoint import save_checkpoint
from archdyn.networks.device import pick_device
from archdyn.networks.seeds import seed_everything
from archdyn.workflow.job import Job

with Job(snakemake) as job:
    device = job.uses(pick_device(job.params.device, job.threads))
    seed_everything(job.seed)
    training = LinearTraining.model_validate(job.params.training)
    images = np.load(job.input.train_images, mmap_mode="r")
    model = train_linear(images, training, device, job.progress, job.interruption())
    settings = {"pixels": len(model.centre), "latents": training.latents}
    save_checkpoint(job.output.model, {"linear": model}, settings)
