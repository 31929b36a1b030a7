"""All VAE conditions in one table, with the verdict on each."""

import pandas as pd

from archdyn.pipeline.job import Job
from archdyn.tables.vae import conditions_table, real_images
from archdyn.tables.write import write_table

with Job(snakemake) as job:
    summary = pd.read_csv(job.input.summary)
    table = conditions_table(pd.read_csv(job.input.metrics), summary, job.params.settings["conditions"])
    write_table(table, job.output, job.caption(real_images(summary)))
