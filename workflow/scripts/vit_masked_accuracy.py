"""Accuracy and agreement by masked share, with 95% intervals."""

import pandas as pd

from archdyn.pipeline.job import Job
from archdyn.tables.vit import masked_images, masking_table
from archdyn.tables.write import write_table

with Job(snakemake) as job:
    summary = pd.read_csv(job.input.summary)
    table = masking_table(summary, job.params.settings["fractions"])
    write_table(table, job.output, job.caption(masked_images(summary)))
