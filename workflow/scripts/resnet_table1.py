"""Table 1: a new head on the frozen network, trained on as the report's was, and from fresh."""

import pandas as pd

from archdyn.numbers.published import read_published
from archdyn.pipeline.job import Job
from archdyn.tables.resnet import warm_restart_table
from archdyn.tables.write import write_table

with Job(snakemake) as job:
    published = read_published(job.input.published, "table1")
    table = warm_restart_table(published, pd.read_csv(job.input.epochs), "baseline", **job.params.settings)
    write_table(table, job.output, job.caption())
