"""Figure 8: mode collapse and its mitigations: samples, and the classes drawn."""

import numpy as np
import pandas as pd

from archdyn.pipeline.job import Job
from archdyn.plots.gan import collapse_and_mitigation
from archdyn.plots.style import figure_file

with Job(snakemake) as job, figure_file(job.output, job.params.label) as figure:
    samples = dict(zip(job.params.settings["conditions"], map(np.load, job.input.samples), strict=True))
    collapse_and_mitigation(figure, samples, pd.read_csv(job.input.metrics))
