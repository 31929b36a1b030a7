"""Figure 10: test images, their reconstructions, and samples from both priors."""

import numpy as np
import pandas as pd

from archdyn.pipeline.job import Job
from archdyn.plots.style import figure_file
from archdyn.plots.vae import priors_and_reconstructions

with Job(snakemake) as job, figure_file(job.output, job.params.label) as figure:
    originals = np.load(job.input.test_images, mmap_mode="r")
    settings = job.params.settings
    kinds = ("reconstructions", "normal", "laplace")
    images = {kind: dict(zip(settings["conditions"], map(np.load, job.input[kind]), strict=True)) for kind in kinds}
    summary = pd.read_csv(job.input.summary)
    priors_and_reconstructions(figure, originals, **images, summary=summary, published=settings["published"])
