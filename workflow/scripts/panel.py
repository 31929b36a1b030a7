"""Make a panel: the function of its name among its experiment's panels."""

from importlib import import_module

from archdyn.render.images import write_panel
from archdyn.workflow.job import Job

with Job(snakemake) as job:
    make = getattr(import_module(job.params.module), job.params.function)
    write_panel(make(job.input, job.params.settings), job.output.json)
