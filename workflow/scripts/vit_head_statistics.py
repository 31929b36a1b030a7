"""How the heads differ by layer, in numbers."""

import pandas as pd

from archdyn.pipeline.job import Job
from archdyn.tables.vit import heads_table
from archdyn.tables.write import write_table

with Job(snakemake) as job:
    table = heads_table(pd.read_csv(job.input.summary))
    write_table(table, job.output, job.caption())
