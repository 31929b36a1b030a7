"""Decide every claim about one experiment from its numbers."""

from pathlib import Path

import pandas as pd

from archdyn.claims.read import read_claims
from archdyn.claims.verdicts import verdict_table
from archdyn.numbers.published import read_all_published
from archdyn.pipeline.job import Job
from archdyn.tables.write import write_table

with Job(snakemake) as job:
    claims = read_claims(job.input.claims)
    published = read_all_published(Path(job.input.published))
    table = verdict_table(claims, pd.read_csv(job.input.summary), published, job.params.untestable)
    write_table(table, job.output, job.caption())
