"""Figure 2: t-SNE beside UMAP, as published and corrected."""

import numpy as np
import pandas as pd

from archdyn.pipeline.job import Job
from archdyn.plots.resnet import projections_compared
from archdyn.plots.style import figure_file

with Job(snakemake) as job, figure_file(job.output, job.params.label) as figure:
    classes = job.read_json("classes")
    points, labels = np.load(job.input.points), np.load(job.input.labels)
    projections_compared(figure, points, labels, classes, pd.read_csv(job.input.summary))
