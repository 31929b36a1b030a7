"""Table 6: linear probes as the report's code has them, and without its flaws; and the learning curve of the latter."""

from functools import partial

import pandas as pd

from archdyn.experiments.vit.metrics import Embedded, learning_curve, probe_rows, published_probe
from archdyn.measures.probes import corrected_probe
from archdyn.workflow.job import Job

with Job(snakemake) as job:
    published, corrected = (
        [Embedded.load(job.input, normalisation, split) for split in ("train", "test")]
        for normalisation in ("imagenet", "own")
    )
    fit = partial(corrected_probe, validation_share=job.params.validation_share)
    rows, right = probe_rows("probe_published", *published, published_probe, job.params.seeds[0])
    tables, images = [rows], [right]
    for seed in job.params.seeds:
        rows, right = probe_rows("probe_corrected", *corrected, fit, seed)
        tables += [rows, learning_curve(*corrected, fit, seed)]
        images.append(right)
        job.say(f"seed {seed} done")
    pd.concat(tables).to_csv(job.output.metrics, index=False)
    pd.concat(images).to_csv(job.output.images, index=False)
