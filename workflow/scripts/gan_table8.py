"""Table 8: the mitigated training, published beside ours."""

from archdyn.numbers.published import read_published
from archdyn.pipeline.job import Job
from archdyn.tables.gan import epoch_table
from archdyn.tables.write import write_table

with Job(snakemake) as job:
    published = read_published(job.input.published, "table8")
    table = epoch_table(published, {"ours, published protocol": job.input.reproduced})
    write_table(table, job.output, job.caption())
