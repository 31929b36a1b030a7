"""Figure 11: the parts of the ELBO, by minibatch of one pass as published, and by epoch."""

import numpy as np
import pandas as pd

from archdyn.numbers.published import read_all_published
from archdyn.pipeline.job import Job
from archdyn.plots.style import figure_file
from archdyn.plots.vae import elbo_parts

with Job(snakemake) as job, figure_file(job.output, job.params.label) as figure:
    published = read_all_published(job.input.published)
    elbo_parts(figure, np.load(job.input.minibatches), pd.read_csv(job.input.epochs), published)
