"""Figure 11: the parts of the ELBO by epoch."""

import pandas as pd

from archdyn.numbers.published import read_published
from archdyn.pipeline.job import Job
from archdyn.plots.style import figure_file
from archdyn.plots.vae import elbo_parts

with Job(snakemake) as job, figure_file(job.output, job.params.label) as figure:
    elbo_parts(figure, pd.read_csv(job.input.epochs), read_published(job.input.published, "figure11"))
