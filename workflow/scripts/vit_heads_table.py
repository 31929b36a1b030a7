"""How the heads differ by layer, in numbers."""

import pandas as pd

from archdyn.pipeline.job import Job
from archdyn.tables.vit import heads_table
from archdyn.tables.write import write_table

with Job(snakemake) as job:
    write_table(
        heads_table(pd.read_csv(job.input.summary)),
        job.output,
        "Attention by layer, mean over the heads (lowest to highest head): entropy of a query's weights, and the mean "
        f"distance from a patch to what it attends to. {job.params.label}.",
    )
