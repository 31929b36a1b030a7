"""Answers under masks: the pictures, and accuracy over the masked share of many."""

import numpy as np
import pandas as pd

from archdyn.pipeline.job import Job
from archdyn.plots.style import figure_file
from archdyn.plots.vit import masking

with Job(snakemake) as job, figure_file(job.output, job.params.label) as figure:
    images, masks, logits = (np.load(job.input[name]) for name in ("images", "masks", "logits"))
    classes = job.read_json("classes")
    sweep, summary = (pd.read_csv(job.input[name]) for name in ("sweep", "summary"))
    masking(figure, images, sweep, masks, logits, classes, summary, job.params.settings["fractions"])
