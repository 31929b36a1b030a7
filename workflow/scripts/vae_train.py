"""Train one VAE condition with one seed."""

from pathlib import Path

import numpy as np
import pandas as pd

from archdyn.experiments.vae.settings import VaeTraining
from archdyn.experiments.vae.train import train_vae
from archdyn.networks.checkpoint import save_checkpoint
from archdyn.networks.device import pick_device
from archdyn.networks.seeds import seed_everything
from archdyn.workflow.job import Job

with Job(snakemake) as job:
    device = job.uses(pick_device(job.params.device, job.threads))
    seed_everything(job.seed)
    train_images = np.load(job.input.train_images, mmap_mode="r")
    test_images = np.load(job.input.test_images, mmap_mode="r")[: job.params.test_images]
    start = Path(job.input.start[0]) if job.input.start else None
    training = VaeTraining.model_validate(job.params.training)
    vae = train_vae(train_images, test_images, training, device, job.progress, start, job.interruption())
    settings = {"training": training.model_dump(), "shape": vae.model.shape}
    save_checkpoint(job.output.model, {"vae": vae.model, "optimiser": vae.optimiser}, settings)
    epochs = pd.DataFrame(vae.epochs)
    epochs.assign(condition=job.wildcards["condition"], seed=job.seed).to_csv(job.output.epochs, index=False)
