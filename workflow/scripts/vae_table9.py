"""Table 9: the annealed trainings, published beside ours."""

import pandas as pd

from archdyn.numbers.published import read_published
from archdyn.pipeline.job import Job
from archdyn.tables.vae import table9
from archdyn.tables.write import write_table

with Job(snakemake) as job:
    published = read_published(job.input.published, "table9")
    epochs = {name: pd.concat(map(pd.read_csv, job.input[name])) for name in ("reproduced", "corrected")}
    table = table9(published, **epochs, ranking=pd.read_csv(job.input.ranking))
    write_table(table, job.output, job.caption())
