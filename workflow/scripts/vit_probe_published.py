"""Table 6 as the report's code has it."""

import pandas as pd

from archdyn.metrics.vit import Embedded, probe_rows, published_probe
from archdyn.pipeline.job import Job

with Job(snakemake) as job:
    train, test = (Embedded.load(job.input, split) for split in ("train", "test"))
    tables = [probe_rows("probe_published", train, test, published_probe, seed) for seed in job.params.seeds]
    pd.concat(tables).to_csv(job.output.metrics, index=False)
