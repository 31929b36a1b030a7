"""Table 4: depth."""

import pandas as pd

from archdyn.pipeline.job import Job
from archdyn.tables.resnet import strategies_table
from archdyn.tables.write import read_published, write_table

CAPTION = (
    "Table 4, a shallow against a deep network on a share of the images, accuracy in % after the last epoch; val 1 to "
    "val 3 are by epoch. Published protocol: the test set validates, BatchNorm drifts, images normalised by 0.5. "
    "Corrected: constant features, images normalised as the weights expect, a split of the training images validates."
)

with Job(snakemake) as job:
    published = (read_published(job.input.published, name) for name in ("table4", "table4_epochs"))
    table = strategies_table(*published, pd.read_csv(job.input.epochs), ["shallow", "deep"])
    write_table(table, job.output, f"{CAPTION} {job.params.label}.")
