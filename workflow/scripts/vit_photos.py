"""Real photos, what a network with ImageNet's weights calls them, and where it looks."""

import numpy as np

from archdyn.pipeline.job import Job
from archdyn.plots.style import figure_file
from archdyn.plots.vit import recognised

with Job(snakemake) as job, figure_file(job.output, job.params.label) as figure:
    photos, maps, logits = (np.load(job.input[name]) for name in ("photos", "maps", "logits"))
    recognised(figure, photos, maps, logits, job.read_json("facts"), job.params.settings["k"])
