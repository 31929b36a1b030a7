"""Table 5: answers to the pictures under masks, published beside ours."""

import numpy as np
import pandas as pd

from archdyn.numbers.published import read_published
from archdyn.pipeline.job import Job
from archdyn.tables.vit import table5
from archdyn.tables.write import write_table

with Job(snakemake) as job:
    names, classes = (job.read_json(name) for name in ("names", "classes"))
    published = read_published(job.input.published, "table5")
    logits = (np.load(job.input[name]) for name in ("logits", "published_logits"))
    table = table5(published, names, pd.read_csv(job.input.sweep), *logits, classes)
    write_table(table, job.output, job.caption())
