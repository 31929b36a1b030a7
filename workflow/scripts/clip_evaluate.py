"""Measure one CLIP: zero-shot accuracy by prompt, the modality gap, and accuracy along it."""

import numpy as np
import pandas as pd

from archdyn.metrics.clip import (
    ensemble,
    gap_metrics,
    gap_vector,
    raw_gap_metrics,
    separability,
    shift_curve,
    unit,
    zero_shot_metrics,
)
from archdyn.metrics.tidy import tidy
from archdyn.pipeline.job import Job

with Job(snakemake) as job:
    train, test = np.load(job.input.train_images), np.load(job.input.test_images)
    train_labels, labels = np.load(job.input.train_labels)[: len(train)], np.load(job.input.test_labels)[: len(test)]
    prompts, templates = np.load(job.input.prompts), np.load(job.input.ensemble)
    texts = dict(zip(job.params.prompts, prompts, strict=True)) | {"ensemble": ensemble(templates)}
    everything = np.concatenate([prompts, templates])

    rows = [tidy("clip", name, job.seed, zero_shot_metrics(test, labels, texts[name])) for name in texts]
    gap = gap_metrics(test, labels, texts["plain"])
    gap["separability"] = separability(unit(test), labels, unit(everything))
    raw = raw_gap_metrics(test, labels, texts["plain"])
    raw["separability"] = separability(test, labels, everything)
    rows += [tidy("clip", "gap_unit", job.seed, gap), tidy("clip", "gap_raw", job.seed, raw)]
    pd.concat(rows).to_csv(job.output.metrics, index=False)

    curves = []
    for name, vectors in texts.items():
        vector = gap_vector(unit(train), unit(vectors)[train_labels])
        curves.append(shift_curve(test, labels, vectors, vector).assign(condition=name, seed=job.seed))
    pd.concat(curves).to_csv(job.output.shift, index=False)
