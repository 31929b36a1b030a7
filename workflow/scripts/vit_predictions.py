"""The likeliest classes of the pictures, with their probabilities."""

import numpy as np

from archdyn.pipeline.job import Job
from archdyn.tables.vit import predictions_table
from archdyn.tables.write import write_table

with Job(snakemake) as job:
    names, classes = (job.read_json(name) for name in ("names", "classes"))
    table = predictions_table(names, np.load(job.input.logits), classes, job.params.settings["k"])
    write_table(table, job.output, job.caption())
