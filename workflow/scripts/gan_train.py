"""Train one GAN condition with one seed."""

import numpy as np
import pandas as pd

from archdyn.models.checkpoint import save_checkpoint
from archdyn.pipeline.job import Job
from archdyn.settings.gan import GanTraining
from archdyn.train.gan import train_gan

with Job(snakemake) as job:
    device = job.device()
    job.seed_everything()
    train_images = np.load(job.input.train_images, mmap_mode="r")
    test_images = np.load(job.input.test_images, mmap_mode="r")
    training = GanTraining.model_validate(job.params.training)
    gan = train_gan(train_images, test_images, training, device, job.progress, job.interruption())
    settings = {"training": training.model_dump(), "shape": train_images.shape[1:]}
    modules = {"generator": gan.generator, "discriminator": gan.discriminator}
    save_checkpoint(job.output.model, modules, settings)
    np.save(job.output.steps, gan.steps)
    for mode, samples in gan.samples.items():
        np.save(getattr(job.output, f"samples_{mode}"), samples)
    pd.DataFrame(gan.epochs).to_csv(job.output.epochs, index=False)
