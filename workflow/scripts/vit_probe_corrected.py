"""Table 6 with the right preprocessing, converged fits and a C chosen on held-out images; and the learning curve."""

from functools import partial

import pandas as pd

from archdyn.experiments.vit.metrics import Embedded, learning_curve, probe_rows
from archdyn.measures.probes import corrected_probe
from archdyn.workflow.job import Job

with Job(snakemake) as job:
    train, test = (Embedded.load(job.input, split) for split in ("train", "test"))
    fit = partial(corrected_probe, validation_share=job.params.validation_share)
    tables, images = [], []
    for seed in job.params.seeds:
        rows, right = probe_rows("probe_corrected", train, test, fit, seed)
        tables += [rows, learning_curve(train, test, fit, seed)]
        images.append(right)
        job.say(f"seed {seed} done")
    pd.concat(tables).to_csv(job.output.metrics, index=False)
    pd.concat(images).to_csv(job.output.images, index=False)
