"""Score the trainings of a design."""

import numpy as np
import pandas as pd

from archdyn.experiments.resnet.metrics import run_rows
from archdyn.workflow.job import Job

with Job(snakemake) as job:
    labels = np.load(job.input.test_labels)
    files = zip(job.input.epochs, job.input.logits, strict=True)
    rows = [run_rows(pd.read_csv(epochs), np.load(logits), labels) for epochs, logits in files]
    pd.concat(rows).to_csv(job.output.metrics, index=False)
