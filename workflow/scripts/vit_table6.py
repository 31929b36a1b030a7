"""Table 6: linear probes, published beside ours."""

import pandas as pd

from archdyn.numbers.published import read_published
from archdyn.pipeline.job import Job
from archdyn.tables.vit import probed_images, table6
from archdyn.tables.write import write_table

with Job(snakemake) as job:
    summary = pd.read_csv(job.input.summary)
    table = table6(read_published(job.input.published, "table6"), summary)
    write_table(table, job.output, job.caption(probed_images(summary)))
