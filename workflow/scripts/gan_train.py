"""Train one GAN condition with one seed."""

import numpy as np
import pandas as pd

from archdyn.experiments.gan.settings import GanTraining
from archdyn.experiments.gan.train import train_gan
from archdyn.networks.checkpoint import save_checkpoint
from archdyn.networks.device import pick_device
from archdyn.networks.seeds import seed_everything
from archdyn.workflow.job import Job

with Job(snakemake) as job:
    device = job.uses(pick_device(job.params.device, job.threads))
    seed_everything(job.seed)
    train_images = np.load(job.input.train_images, mmap_mode="r")
    test_images = np.load(job.input.test_images, mmap_mode="r")
    training = GanTraining.model_validate(job.params.training)
    gan = train_gan(train_images, test_images, training, device, job.progress, job.interruption())
    settings = {"training": training.model_dump(), "shape": train_images.shape[1:]}
    modules = {"generator": gan.generator, "discriminator": gan.discriminator}
    save_checkpoint(job.output.model, modules, settings)
    np.save(job.output.steps, gan.steps)
    for name, samples in gan.samples.items():
        np.save(getattr(job.output, name), samples)
    pd.DataFrame(gan.epochs).to_csv(job.output.epochs, index=False)
