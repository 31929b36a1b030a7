"""Hidden notebook state: which saved cell printed which published value, and what cannot be known."""

from pathlib import Path

from archdyn.audit.notebooks import notebooks_table, read_cells
from archdyn.render.published import read_all_published
from archdyn.render.tables import write_table
from archdyn.workflow.job import Job

with Job(snakemake) as job:
    published = {Path(file).stem: read_all_published(Path(file)) for file in job.input.published}
    write_table(notebooks_table(read_cells(job.input.cells), published), job.output, job.caption())
