"""Figure 13: images and texts in two dimensions, after alignment."""

import pandas as pd

from archdyn.pipeline.job import Job
from archdyn.plots.clip import projected_pairs
from archdyn.plots.style import figure_file

with Job(snakemake) as job, figure_file(job.output, job.params.label) as figure:
    points = pd.read_csv(job.input.points)
    classes = job.read_json("classes")
    projected_pairs(figure, points[points["stage"] == "after"], classes)
