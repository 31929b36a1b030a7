"""Zero-shot accuracy by class and prompt."""

import pandas as pd

from archdyn.pipeline.job import Job
from archdyn.plots.clip import accuracy_by_class
from archdyn.plots.style import figure_file

with Job(snakemake) as job, figure_file(job.output, job.params.label) as figure:
    accuracy_by_class(figure, pd.read_csv(job.input.summary), job.read_json("classes"))
