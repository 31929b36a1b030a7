"""Table 2: no skip connections in layer1 and layer2."""

import pandas as pd

from archdyn.numbers.published import read_published
from archdyn.pipeline.job import Job
from archdyn.tables.resnet import epochs_table
from archdyn.tables.write import write_table

with Job(snakemake) as job:
    published = read_published(job.input.published, "table2")
    table = epochs_table(published, pd.read_csv(job.input.epochs), "noskip")
    write_table(table, job.output, job.caption())
