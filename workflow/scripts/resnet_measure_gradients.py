"""The gradient that reaches each block of trained networks."""

from pathlib import Path

import numpy as np
import pandas as pd

from archdyn.experiments.resnet.model import load_transferred, training_mode
from archdyn.experiments.resnet.train import gradient_norms
from archdyn.measures.tidy import tidy
from archdyn.networks.device import pick_device
from archdyn.workflow.job import Job

with Job(snakemake) as job:
    device = job.uses(pick_device(job.params.device, job.threads))
    names = ("train_images", "train_labels")
    images, labels = (np.load(job.input[name], mmap_mode="r")[: job.params.images] for name in names)
    rows = []
    for (condition, seed), path in zip(job.params.repetitions, job.input.models, strict=True):
        model = load_transferred(Path(path), device)
        norms = gradient_norms(model, training_mode(Path(path)), images, labels, job.params.batch_size, device)
        rows.append(tidy("resnet", condition, seed, {f"gradient_{name}": value for name, value in norms.items()}))
    pd.concat(rows).to_csv(job.output.metrics, index=False)
