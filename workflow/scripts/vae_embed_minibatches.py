"""Error and KL of each minibatch in one pass of a trained VAE over the training images, which changes nothing in it."""

from pathlib import Path

import numpy as np

from archdyn.experiments.vae.embed import load_vae, one_pass
from archdyn.networks.device import pick_device
from archdyn.networks.seeds import seed_everything
from archdyn.workflow.job import Job

with Job(snakemake) as job:
    device = job.uses(pick_device(job.params.device, job.threads))
    seed_everything(job.seed)
    model = load_vae(Path(job.input.model), device)
    images = np.load(job.input.train_images, mmap_mode="r")[: job.params.images]
    np.save(job.output.minibatches, one_pass(model, images, job.params.batch_size, device))
