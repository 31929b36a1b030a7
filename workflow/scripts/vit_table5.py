"""Table 5: answers to the shown images under masks, published beside ours."""

import json
from pathlib import Path

import numpy as np
import pandas as pd

from archdyn.captions import read_caption
from archdyn.numbers.published import read_published
from archdyn.pipeline.job import Job
from archdyn.tables.vit import table5
from archdyn.tables.write import write_table

with Job(snakemake) as job:
    names, classes = (json.loads(Path(job.input[name]).read_text()) for name in ("names", "classes"))
    published = read_published(job.input.published, "table5")
    table = table5(published, names, pd.read_csv(job.input.shown), np.load(job.input.shown_logits), classes)
    write_table(table, job.output, f"{read_caption(job.input.caption)} {job.params.label}.")
