"""How often the verdict on each claim stands, over the choices that its analyst could have made as well."""

import pandas as pd

from archdyn.pipeline.job import Job
from archdyn.plots.multiverse import multiverse
from archdyn.plots.style import figure_file

with Job(snakemake) as job, figure_file(job.output, job.params.label) as figure:
    multiverse(figure, pd.concat(map(pd.read_csv, job.input.verdicts), ignore_index=True))
