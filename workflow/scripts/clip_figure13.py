"""Figure 13: images and texts in two dimensions, after alignment."""

import json
from pathlib import Path

import pandas as pd

from archdyn.pipeline.job import Job
from archdyn.plots.clip import projected_pairs
from archdyn.plots.style import figure_file

with Job(snakemake) as job, figure_file(job.output, job.params.label) as figure:
    points = pd.read_csv(job.input.points)
    classes = json.loads(Path(job.input.classes).read_text())
    projected_pairs(figure, points[points["stage"] == "after"], classes)
