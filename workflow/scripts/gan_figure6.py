"""Figure 6: the baseline's losses by step."""

import numpy as np

from archdyn.numbers.published import read_published
from archdyn.pipeline.job import Job
from archdyn.plots.gan import losses_by_step
from archdyn.plots.style import figure_file

with Job(snakemake) as job, figure_file(job.output, job.params.label) as figure:
    published = read_published(job.input.published, "figure6")
    losses_by_step(figure, [np.load(file) for file in job.input.steps], job.params.settings["epochs"], published)
