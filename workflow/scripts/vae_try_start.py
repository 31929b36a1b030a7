"""The first epochs of Table 9's training from one start, with one seed."""

from pathlib import Path

import numpy as np
import pandas as pd

from archdyn.pipeline.job import Job
from archdyn.settings.vae import VaeTraining
from archdyn.train.vae import train_vae

with Job(snakemake) as job:
    device = job.device()
    job.seed_everything()
    train_images = np.load(job.input.train_images, mmap_mode="r")
    test_images = np.load(job.input.test_images, mmap_mode="r")[: job.params.test_images]
    start = Path(job.input.start[0]) if job.input.start else None
    training = VaeTraining.model_validate(job.params.training)
    vae = train_vae(train_images, test_images, training, device, job.progress, start, stop_after=job.params.epochs)
    epochs = pd.DataFrame(vae.epochs)
    epochs.assign(start=job.wildcards["start"], seed=job.seed).to_csv(job.output.epochs, index=False)
