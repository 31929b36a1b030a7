"""Table 7: vanishing gradients, published beside ours."""

from archdyn.numbers.published import read_published
from archdyn.pipeline.job import Job
from archdyn.tables.gan import epoch_table
from archdyn.tables.write import write_table

with Job(snakemake) as job:
    published = read_published(job.input.published, "table7")
    ours = {
        "ours, published protocol": job.input.reproduced,
        "ours, corrected loss": job.input.corrected,
    }
    write_table(epoch_table(published, ours), job.output, job.caption())
