"""Gather the numbers of an experiment, and their mean, spread and n."""

import pandas as pd

from archdyn.measures.tidy import summarise
from archdyn.workflow.job import Job

with Job(snakemake) as job:
    rows = pd.concat(map(pd.read_csv, job.input.metrics), ignore_index=True)
    rows.to_csv(job.output.metrics, index=False)
    summarise(rows).to_csv(job.output.summary, index=False)
