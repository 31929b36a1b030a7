"""Figure 1: the layers projected by UMAP."""

import json
from pathlib import Path

import numpy as np
import pandas as pd

from archdyn.pipeline.job import Job
from archdyn.plots.resnet import layers_projected
from archdyn.plots.style import figure_file

with Job(snakemake) as job, figure_file(job.output, job.params.label) as figure:
    classes = json.loads(Path(job.input.classes).read_text())
    points, labels = np.load(job.input.points), np.load(job.input.labels)
    layers_projected(figure, job.params.layers, points, labels, classes, pd.read_csv(job.input.summary))
