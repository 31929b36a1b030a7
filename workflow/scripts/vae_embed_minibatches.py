"""Error and KL of each minibatch in one pass of a trained VAE over the training images, which changes nothing in it."""

from pathlib import Path

import numpy as np

from archdyn.embed.vae import load_vae, one_pass
from archdyn.pipeline.job import Job

with Job(snakemake) as job:
    device = job.device()
    job.seed_everything()
    model = load_vae(Path(job.input.model), device)
    images = np.load(job.input.train_images, mmap_mode="r")[: job.params.images]
    np.save(job.output.minibatches, one_pass(model, images, job.params.batch_size, device))
