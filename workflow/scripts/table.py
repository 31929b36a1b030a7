"""Make a table: the function of its name among its experiment's tables, or what makes those of designs."""

from importlib import import_module

from archdyn.render.tables import write_table
from archdyn.workflow.job import Job

with Job(snakemake) as job:
    tabulate = getattr(import_module(job.params.module), job.params.function)
    table = tabulate(job.input, job.params.settings)
    write_table(table, job.output, job.caption(*table.attrs.values()))
