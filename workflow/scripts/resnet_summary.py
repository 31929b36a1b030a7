"""Score all conditions and seeds, and gather all numbers with their mean, spread and n."""

import numpy as np
import pandas as pd

from archdyn.metrics.resnet import run_rows
from archdyn.metrics.tidy import summarise
from archdyn.pipeline.job import Job

with Job(snakemake) as job:
    labels = np.load(job.input.test_labels)
    runs = [pd.read_csv(file) for file in job.input.epochs]
    rows = [run_rows(epochs, np.load(file), labels) for epochs, file in zip(runs, job.input.logits, strict=True)]
    others = [job.input.layers, job.input.confusions, job.input.gradients]
    rows = pd.concat([*rows, *map(pd.read_csv, others)], ignore_index=True)
    rows.to_csv(job.output.metrics, index=False)
    summarise(rows).to_csv(job.output.summary, index=False)
    pd.concat(runs).to_csv(job.output.epochs, index=False)
