"""Table 3: what to train."""

import pandas as pd

from archdyn.pipeline.job import Job
from archdyn.tables.resnet import strategies_table
from archdyn.tables.write import read_published, write_table

CAPTION = (
    "Table 3, what to train, accuracy in % after the last epoch; val 1 to val 5 are by epoch. The full fine-tune is "
    "not in the report. Published protocol: the test set validates, BatchNorm drifts. Corrected: frozen layers are "
    "constant, a split of the training images validates."
)

with Job(snakemake) as job:
    published = (read_published(job.input.published, name) for name in ("table3", "table3_epochs"))
    table = strategies_table(*published, pd.read_csv(job.input.epochs), ["head", "random", "layer4", "full"])
    write_table(table, job.output, f"{CAPTION} {job.params.label}.")
