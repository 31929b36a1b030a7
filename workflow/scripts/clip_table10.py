"""Table 10: zero-shot accuracy by prompt, published beside ours."""

import pandas as pd

from archdyn.pipeline.job import Job
from archdyn.tables.clip import table10
from archdyn.tables.write import read_published, write_table

with Job(snakemake) as job:
    published = read_published(job.input.published, "table10")
    write_table(
        table10(published, pd.read_csv(job.input.summary), job.params.prompts, job.params.templates),
        job.output,
        "Table 10, zero-shot accuracy in percent, {} being the class; the interval is Wilson's, 95%, over the test "
        f"images. {job.params.label}.",
    )
