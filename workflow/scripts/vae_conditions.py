"""All VAE conditions in one table, with the verdict on each."""

import pandas as pd

from archdyn.pipeline.job import Job
from archdyn.tables.vae import conditions_table
from archdyn.tables.write import write_table

with Job(snakemake) as job:
    table = conditions_table(pd.read_csv(job.input.metrics), pd.read_csv(job.input.summary), job.params.conditions)
    write_table(
        table, job.output, f"The VAE under every condition, test images, mean ± sd over seeds. {job.params.label}."
    )
