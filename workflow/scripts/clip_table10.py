"""Table 10: zero-shot accuracy by prompt, published beside ours."""

import pandas as pd

from archdyn.numbers.published import read_published
from archdyn.pipeline.job import Job
from archdyn.tables.clip import table10
from archdyn.tables.write import write_table

with Job(snakemake) as job:
    published = read_published(job.input.published, "table10")
    table = table10(published, pd.read_csv(job.input.summary), **job.params.settings)
    write_table(table, job.output, job.caption())
