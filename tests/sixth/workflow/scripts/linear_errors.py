"""The errors of the autoencoders and of PCA."""

import pandas as pd

from archdyn.pipeline.job import Job
from archdyn.plots.linear import errors
from archdyn.plots.style import figure_file

with Job(snakemake) as job, figure_file(job.output, job.params.label) as figure:
    errors(figure, pd.read_csv(job.input.summary))
