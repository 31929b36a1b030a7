"""The generator's gradient norm by step: vanishing (published and corrected loss) and mitigated."""

import numpy as np

from archdyn.pipeline.job import Job
from archdyn.plots.gan import gradient_norms
from archdyn.plots.style import figure_file

with Job(snakemake) as job, figure_file(job.output, job.params.label) as figure:
    gradient_norms(figure, {condition: [np.load(file) for file in files] for condition, files in job.input.items()})
