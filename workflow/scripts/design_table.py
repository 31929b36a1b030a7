"""The effects of one design's factors, and their interactions, as a table; or one effect by the size of the data."""

import pandas as pd

from archdyn.designs.tables import effects_table, sizes_table
from archdyn.render.tables import write_table
from archdyn.workflow.job import Job

with Job(snakemake) as job:
    table = sizes_table if job.params.scale else effects_table
    write_table(table(pd.read_csv(job.input.effects)), job.output, job.caption())
