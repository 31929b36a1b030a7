"""Train one GAN condition with one seed."""

import numpy as np
import pandas as pd

from archdyn.models.checkpoint import save_checkpoint
from archdyn.pipeline.job import Job
from archdyn.train.gan import train_gan

with Job(snakemake) as job:
    device = job.device()
    job.seed_everything()
    train_images = np.load(job.input.train_images, mmap_mode="r")
    test_images = np.load(job.input.test_images, mmap_mode="r")
    gan = train_gan(train_images, test_images, job.params.training, device, job.progress, job.interruption())
    settings = {"training": job.params.training, "shape": train_images.shape[1:]}
    modules = {"generator": gan.generator, "discriminator": gan.discriminator}
    save_checkpoint(job.output.model, modules, settings)
    np.save(job.output.steps, gan.steps)
    np.save(job.output.samples, gan.samples)
    pd.DataFrame(gan.epochs).to_csv(job.output.epochs, index=False)
