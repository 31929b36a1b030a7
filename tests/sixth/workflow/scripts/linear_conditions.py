"""All conditions of the linear autoencoder in one table."""

import pandas as pd

from archdyn.render.tables import conditions_table, write_table
from archdyn.tables.linear import COLUMNS
from archdyn.workflow.job import Job

with Job(snakemake) as job:
    table = conditions_table(pd.read_csv(job.input.summary), job.params.settings["conditions"], COLUMNS)
    write_table(table, job.output, job.caption())
