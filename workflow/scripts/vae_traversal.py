"""What single latent dimensions draw, by condition."""

import numpy as np
import pandas as pd

from archdyn.pipeline.job import Job
from archdyn.plots.style import figure_file
from archdyn.plots.vae import latent_traversal

with Job(snakemake) as job, figure_file(job.output, job.params.label) as figure:
    seeds = job.params.settings["seeds"]
    images = dict(zip(seeds, map(np.load, job.input.traversals), strict=True))
    latent_traversal(figure, images, pd.read_csv(job.input.metrics), seeds)
