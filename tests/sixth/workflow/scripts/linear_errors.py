"""The errors of the autoencoders and of PCA."""

import pandas as pd

from archdyn.plots.linear import errors
from archdyn.render.style import figure_file
from archdyn.workflow.job import Job

with Job(snakemake) as job, figure_file(job.output, job.params.label) as figure:
    errors(figure, pd.read_csv(job.input.summary))
