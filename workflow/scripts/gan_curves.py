"""The panel of training curves."""

import pandas as pd

from archdyn.panels.charts import training_curves
from archdyn.panels.gan import CURVES
from archdyn.panels.write import write_panel
from archdyn.pipeline.job import Job

with Job(snakemake) as job:
    runs = zip(job.params.settings["runs"], job.input.epochs, strict=True)
    epochs = [pd.read_csv(file).assign(condition=condition, seed=seed) for (condition, seed), file in runs]
    write_panel(training_curves(pd.concat(epochs), CURVES), job.output.panel)
