"""The KL of each latent dimension, by condition."""

import pandas as pd

from archdyn.pipeline.job import Job
from archdyn.plots.style import figure_file
from archdyn.plots.vae import kl_by_dimension

with Job(snakemake) as job, figure_file(job.output, job.params.label) as figure:
    kl_by_dimension(figure, pd.read_csv(job.input.metrics), job.params.settings["floor"])
