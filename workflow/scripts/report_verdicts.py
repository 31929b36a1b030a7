"""Decide every claim about one experiment from its numbers."""

from pathlib import Path

import pandas as pd

from archdyn.metrics.claims import verdict_table
from archdyn.pipeline.job import Job
from archdyn.report.claims import read_claims
from archdyn.tables.write import read_all_published, write_table

with Job(snakemake) as job:
    claims = read_claims(job.input.claims)
    published = read_all_published(Path(job.input.published))
    table = verdict_table(claims, pd.read_csv(job.input.summary), published, job.params.untestable)
    write_table(table, job.output, job.caption())
