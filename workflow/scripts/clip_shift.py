"""Zero-shot accuracy along the gap."""

import pandas as pd

from archdyn.pipeline.job import Job
from archdyn.plots.clip import accuracy_along_gap
from archdyn.plots.style import figure_file

with Job(snakemake) as job, figure_file(job.output, job.params.label) as figure:
    accuracy_along_gap(figure, pd.read_csv(job.input.shift))
