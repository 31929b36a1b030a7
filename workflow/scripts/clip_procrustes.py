"""The alignments by protocol, published beside ours."""

import pandas as pd

from archdyn.numbers.published import read_published
from archdyn.pipeline.job import Job
from archdyn.tables.clip import procrustes_table
from archdyn.tables.write import write_table

with Job(snakemake) as job:
    published = read_published(job.input.published, "procrustes")
    table = procrustes_table(published, pd.read_csv(job.input.summary), job.params.settings["pairs"])
    write_table(table, job.output, job.caption())
