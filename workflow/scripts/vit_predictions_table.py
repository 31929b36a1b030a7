"""The likeliest classes of the shown images, with their probabilities."""

import json
from pathlib import Path

import numpy as np

from archdyn.captions import read_caption
from archdyn.pipeline.job import Job
from archdyn.tables.vit import predictions_table
from archdyn.tables.write import write_table

with Job(snakemake) as job:
    names, classes = (json.loads(Path(job.input[name]).read_text()) for name in ("names", "classes"))
    table = predictions_table(names, np.load(job.input.logits), classes, job.params.k)
    write_table(table, job.output, f"{read_caption(job.input.caption)} {job.params.label}.")
