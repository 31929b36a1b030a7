"""Figure 4: the shown images and their likeliest classes."""

import json
from pathlib import Path

import numpy as np

from archdyn.pipeline.job import Job
from archdyn.plots.style import figure_file
from archdyn.plots.vit import predictions

with Job(snakemake) as job, figure_file(job.output, job.params.label) as figure:
    names, classes = (json.loads(Path(job.input[name]).read_text()) for name in ("names", "classes"))
    predictions(figure, np.load(job.input.images), names, np.load(job.input.logits), classes, job.params.k)
