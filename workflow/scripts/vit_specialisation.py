"""How the heads differ by layer: the entropy of their attention, and how far it reaches."""

import pandas as pd

from archdyn.pipeline.job import Job
from archdyn.plots.style import figure_file
from archdyn.plots.vit import head_specialisation

with Job(snakemake) as job, figure_file(job.output, job.params.label) as figure:
    head_specialisation(figure, pd.read_csv(job.input.metrics))
