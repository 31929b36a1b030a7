"""The panel of training curves."""

import pandas as pd

from archdyn.panels.charts import training_curves
from archdyn.panels.vae import CURVES
from archdyn.panels.write import write_panel
from archdyn.pipeline.job import Job

with Job(snakemake) as job:
    write_panel(training_curves(pd.read_csv(job.input.epochs), CURVES), job.output.panel)
