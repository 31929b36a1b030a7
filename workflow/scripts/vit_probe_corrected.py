"""Table 6 with the right preprocessing, converged fits and a C chosen on held-out images; and the learning curve."""

from functools import partial

import pandas as pd

from archdyn.metrics.vit import Embedded, corrected_probe, learning_curve, probe_rows
from archdyn.pipeline.job import Job

with Job(snakemake) as job:
    train, test = (Embedded.load(job.input, split) for split in ("train", "test"))
    fit = partial(corrected_probe, validation_share=job.params.validation_share)
    tables = []
    for seed in job.params.seeds:
        tables.append(probe_rows("probe_corrected", train, test, fit, seed))
        tables.append(learning_curve(train, test, fit, seed))
        job.say(f"seed {seed} done")
    pd.concat(tables).to_csv(job.output.metrics, index=False)
