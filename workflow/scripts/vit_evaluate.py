"""Measure the answers under every mask, by the head and by a probe fitted on whole images; and how the heads differ."""

import numpy as np
import pandas as pd

from archdyn.experiments.vit.metrics import head_rows, heads_apart, masked_images, masking_rows
from archdyn.measures.probes import corrected_probe
from archdyn.measures.tidy import per_image
from archdyn.workflow.job import Job

with Job(snakemake) as job:
    sweep, entropy = pd.read_csv(job.input.sweep), np.load(job.input.entropy)
    per_image("attention", job.seed, heads_apart(entropy)).to_csv(job.output.attention_images, index=False)
    of_heads = head_rows(entropy, np.load(job.input.distance), sweep["patches"].iloc[0], job.seed)

    train_cls = np.load(job.input.train_cls)
    train_labels = np.load(job.input.train_labels)[: len(train_cls)]
    probe = corrected_probe(train_cls, train_labels, job.seed, job.params.validation_share)
    arrays = {name: np.load(job.input[name]) for name in ("cls", "top1", "probability", "ink")}
    labels = np.load(job.input.test_labels)[: arrays["top1"].shape[1]]
    images = masked_images(sweep, **arrays, labels=labels, probe=probe)
    images.to_csv(job.output.masking_images, index=False)
    pd.concat([of_heads, masking_rows(images, sweep)]).to_csv(job.output.metrics, index=False)
