"""The effects of one design's factors, and their interactions; or one effect along the size of the data."""

import pandas as pd

from archdyn.designs.figures import effects_by_outcome, effects_by_size
from archdyn.render.style import figure_file
from archdyn.workflow.job import Job

with Job(snakemake) as job, figure_file(job.output, job.params.label) as figure:
    draw = effects_by_size if job.params.scale else effects_by_outcome
    draw(figure, pd.read_csv(job.input.effects))
