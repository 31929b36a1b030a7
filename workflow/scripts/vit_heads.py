"""What CLS attends to in the last layer, head by head."""

import numpy as np

from archdyn.pipeline.job import Job
from archdyn.plots.style import figure_file
from archdyn.plots.vit import all_heads

with Job(snakemake) as job, figure_file(job.output, job.params.label) as figure:
    names = job.read_json("names")
    all_heads(figure, np.load(job.input.images), names, np.load(job.input.attention))
