"""What Table 9's training may have started from: the first epochs from each start beside the report's."""

import pandas as pd

from archdyn.numbers.published import read_published
from archdyn.pipeline.job import Job
from archdyn.tables.vae import starts_table
from archdyn.tables.write import write_table

with Job(snakemake) as job:
    published = read_published(job.input.published, "table9")
    epochs = pd.concat(map(pd.read_csv, job.input.epochs))
    table = starts_table(published, epochs, pd.read_csv(job.input.ranking), job.params.settings["about"])
    write_table(table, job.output, job.caption())
