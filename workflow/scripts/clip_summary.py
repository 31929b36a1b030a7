"""Gather the numbers of all seeds, and their mean, spread and n."""

import pandas as pd

from archdyn.metrics.tidy import summarise
from archdyn.pipeline.job import Job

with Job(snakemake) as job:
    rows = pd.concat(map(pd.read_csv, [*job.input.metrics, *job.input.alignments]), ignore_index=True)
    rows.to_csv(job.output.metrics, index=False)
    summarise(rows).to_csv(job.output.summary, index=False)
    pd.concat(map(pd.read_csv, job.input.shifts)).to_csv(job.output.shift, index=False)
    for kind in job.params.kinds:
        pd.concat(map(pd.read_csv, job.input[kind])).to_csv(getattr(job.output, kind), index=False)
