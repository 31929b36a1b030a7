"""Hidden notebook state: which saved cell printed which published value, and what cannot be known."""

from pathlib import Path

from archdyn.captions import read_caption
from archdyn.numbers.published import read_all_published
from archdyn.pipeline.job import Job
from archdyn.tables.notebooks import notebooks_table, read_cells
from archdyn.tables.write import write_table

with Job(snakemake) as job:
    published = {Path(file).stem: read_all_published(Path(file)) for file in job.input.published}
    table = notebooks_table(read_cells(job.input.cells), published)
    write_table(table, job.output, read_caption(job.input.caption))
