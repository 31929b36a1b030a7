"""All conditions of the linear autoencoder in one table."""

import pandas as pd

from archdyn.pipeline.job import Job
from archdyn.tables.linear import COLUMNS
from archdyn.tables.rows import conditions_table
from archdyn.tables.write import write_table

with Job(snakemake) as job:
    table = conditions_table(pd.read_csv(job.input.summary), job.params.settings["conditions"], COLUMNS)
    write_table(table, job.output, job.caption())
