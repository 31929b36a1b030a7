"""Figure 4: the pictures and their likeliest classes."""

import numpy as np

from archdyn.pipeline.job import Job
from archdyn.plots.style import figure_file
from archdyn.plots.vit import predictions

with Job(snakemake) as job, figure_file(job.output, job.params.label) as figure:
    names, classes = (job.read_json(name) for name in ("names", "classes"))
    predictions(figure, np.load(job.input.images), names, np.load(job.input.logits), classes, job.params.settings["k"])
