"""Figure 9: what the discriminator gets right by epoch, without and with dropout."""

import pandas as pd

from archdyn.pipeline.job import Job
from archdyn.plots.gan import discriminator_accuracy
from archdyn.plots.style import figure_file

with Job(snakemake) as job, figure_file(job.output, job.params.label) as figure:
    epochs = {condition: [pd.read_csv(file) for file in files] for condition, files in job.input.items()}
    discriminator_accuracy(figure, epochs, job.params.settings["dropout"])
