"""How well each layer tells the classes apart, and how similar the layers are."""

import pandas as pd

from archdyn.pipeline.job import Job
from archdyn.plots.resnet import layers_compared
from archdyn.plots.style import figure_file

with Job(snakemake) as job, figure_file(job.output, job.params.label) as figure:
    cka = pd.read_csv(job.input.cka, index_col=0)
    layers_compared(figure, job.params.settings["layers"], pd.read_csv(job.input.summary), cka)
