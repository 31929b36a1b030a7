"""Masks of one area that differ in their content, with 95% intervals."""

import pandas as pd

from archdyn.pipeline.job import Job
from archdyn.tables.vit import control_table, masked_images
from archdyn.tables.write import write_table

with Job(snakemake) as job:
    summary = pd.read_csv(job.input.summary)
    table = control_table(summary, job.params.settings["share"])
    write_table(table, job.output, job.caption(masked_images(summary)))
