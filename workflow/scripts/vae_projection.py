"""The posterior means on their two principal axes, by condition."""

import numpy as np

from archdyn.pipeline.job import Job
from archdyn.plots.style import figure_file
from archdyn.plots.vae import projections

with Job(snakemake) as job, figure_file(job.output, job.params.label) as figure:
    points = dict(zip(job.params.settings["conditions"], map(np.load, job.input.projections), strict=True))
    labels = np.load(job.input.test_labels)[: len(next(iter(points.values())))]
    projections(figure, points, labels, job.read_json("classes"))
