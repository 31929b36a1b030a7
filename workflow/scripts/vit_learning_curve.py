"""Accuracy of the corrected probes by the number of their training images."""

import pandas as pd

from archdyn.numbers.published import read_published
from archdyn.pipeline.job import Job
from archdyn.plots.style import figure_file
from archdyn.plots.vit import learning_curve

with Job(snakemake) as job, figure_file(job.output, job.params.label) as figure:
    published, images = (read_published(job.input.published, name) for name in ("table6", "probes"))
    learning_curve(figure, pd.read_csv(job.input.summary), published, images)
