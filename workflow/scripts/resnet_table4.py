"""Table 4: depth."""

import pandas as pd

from archdyn.numbers.published import read_published
from archdyn.pipeline.job import Job
from archdyn.tables.resnet import strategies_table
from archdyn.tables.write import write_table

with Job(snakemake) as job:
    published = (read_published(job.input.published, name) for name in ("table4", "table4_epochs"))
    table = strategies_table(*published, pd.read_csv(job.input.epochs), job.params.settings["conditions"])
    write_table(table, job.output, job.caption())
