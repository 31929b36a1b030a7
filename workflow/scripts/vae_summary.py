"""Gather the epochs and the numbers of all conditions and seeds, and the numbers' mean, spread and n."""

import pandas as pd

from archdyn.metrics.tidy import summarise
from archdyn.pipeline.job import Job

with Job(snakemake) as job:
    files = [job.input.classifier, job.input.held_out, *job.input.metrics]
    rows = pd.concat([pd.read_csv(file) for file in files], ignore_index=True)
    rows.to_csv(job.output.metrics, index=False)
    summarise(rows).to_csv(job.output.summary, index=False)
    pd.concat(map(pd.read_csv, job.input.epochs)).to_csv(job.output.epochs, index=False)
