"""The gradient that reaches each block."""

import pandas as pd

from archdyn.pipeline.job import Job
from archdyn.plots.resnet import gradients_by_block
from archdyn.plots.style import figure_file

with Job(snakemake) as job, figure_file(job.output, job.params.label) as figure:
    gradients_by_block(figure, pd.read_csv(job.input.gradients))
