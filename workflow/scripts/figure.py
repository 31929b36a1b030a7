"""Draw a figure: the function of its name among its experiment's figures, or what draws those of designs."""

from importlib import import_module

from archdyn.render.style import figure_file
from archdyn.workflow.job import Job

with Job(snakemake) as job, figure_file(job.output, job.params.label) as figure:
    draw = getattr(import_module(job.params.module), job.params.function)
    draw(figure, job.input, job.params.settings)
