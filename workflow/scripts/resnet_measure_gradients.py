"""The gradient that reaches each block of trained networks."""

from pathlib import Path

import numpy as np
import pandas as pd

from archdyn.metrics.tidy import tidy
from archdyn.models.resnet import load_transferred, training_mode
from archdyn.pipeline.job import Job
from archdyn.train.resnet import gradient_norms

with Job(snakemake) as job:
    device = job.device()
    names = ("train_images", "train_labels")
    images, labels = (np.load(job.input[name], mmap_mode="r")[: job.params.images] for name in names)
    rows = []
    for (condition, seed), path in zip(job.params.repetitions, job.input.models, strict=True):
        model = load_transferred(Path(path), device)
        norms = gradient_norms(model, training_mode(Path(path)), images, labels, job.params.batch_size, device)
        rows.append(tidy("resnet", condition, seed, {f"gradient_{name}": value for name, value in norms.items()}))
    pd.concat(rows).to_csv(job.output.metrics, index=False)
