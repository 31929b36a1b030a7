"""Measure one CLIP: zero-shot accuracy by prompt, the modality gap, and what alignment by all pairs does to both."""

import numpy as np
import pandas as pd

from archdyn.metrics import clip as metrics
from archdyn.metrics.tidy import tidy
from archdyn.pipeline.job import Job

with Job(snakemake) as job:
    train, test = np.load(job.input.train_images), np.load(job.input.test_images)
    train_labels, labels = np.load(job.input.train_labels)[: len(train)], np.load(job.input.test_labels)[: len(test)]
    prompts, templates = np.load(job.input.prompts), np.load(job.input.ensemble)
    texts = dict(zip(job.params.prompts, prompts, strict=True)) | {"ensemble": metrics.ensemble(templates)}
    everything = np.concatenate([prompts, templates])
    values, curves = {}, []
    for prompt, vectors in texts.items():
        gap = metrics.gap_vector(metrics.unit(train), metrics.unit(vectors)[train_labels])
        curve = metrics.shift_curve(test, labels, vectors, gap)
        curves.append(curve.assign(condition=prompt, seed=job.seed))
        values[prompt] = metrics.zero_shot_metrics(test, labels, vectors) | metrics.accuracy_once_closed(curve)
    values["gap_unit"] = metrics.gap_metrics(test, labels, texts["plain"])
    values["gap_unit"]["separability"] = metrics.separability(metrics.unit(test), labels, metrics.unit(everything))
    values["gap_raw"] = metrics.raw_gap_metrics(test, labels, texts["plain"])
    values["gap_raw"]["separability"] = metrics.separability(test, labels, everything)
    rng = np.random.default_rng(job.seed)
    values["gap_reference"] = metrics.reference_gap(test, labels, job.params.draws, rng)
    alignments = metrics.alignment_metrics((train, train_labels), (test, labels), texts["plain"])
    values |= {f"procrustes_{protocol}": numbers for protocol, numbers in alignments.items()}
    rows = [tidy("clip", condition, job.seed, numbers) for condition, numbers in values.items()]
    pd.concat(rows).to_csv(job.output.metrics, index=False)
    pd.concat(curves).to_csv(job.output.shift, index=False)
