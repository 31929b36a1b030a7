"""The modality gap in numbers."""

import pandas as pd

from archdyn.pipeline.job import Job
from archdyn.tables.clip import gap_table
from archdyn.tables.write import write_table

with Job(snakemake) as job:
    table = gap_table(pd.read_csv(job.input.summary))
    write_table(table, job.output, job.caption())
