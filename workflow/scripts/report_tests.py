"""Measure what the claims about one experiment rest on: the p value of every test, its part of the family."""

from pathlib import Path

import pandas as pd

from archdyn.claims.read import read_claims
from archdyn.claims.trials import p_values, trials
from archdyn.claims.values import Values
from archdyn.numbers.published import read_all_published
from archdyn.pipeline.job import Job

with Job(snakemake) as job:
    images = [pd.read_csv(file) for file in job.input.images]
    values = Values(pd.read_csv(job.input.metrics), images, read_all_published(Path(job.input.published)))
    found = trials(read_claims(job.input.claims), values, job.params.untestable)
    p_values(found).to_csv(job.output.p_values, index=False)
