"""Accuracy against what it costs, by strategy."""

import pandas as pd

from archdyn.pipeline.job import Job
from archdyn.plots.resnet import accuracy_against_cost
from archdyn.plots.style import figure_file

with Job(snakemake) as job, figure_file(job.output, job.params.label) as figure:
    accuracy_against_cost(figure, pd.read_csv(job.input.summary))
