"""Measure the answers under every mask, by the head and by a probe that was fitted on whole images."""

import numpy as np
import pandas as pd

from archdyn.experiments.vit.metrics import masked_images, masking_rows
from archdyn.measures.probes import corrected_probe
from archdyn.workflow.job import Job

with Job(snakemake) as job:
    train_cls = np.load(job.input.train_cls)
    train_labels = np.load(job.input.train_labels)[: len(train_cls)]
    probe = corrected_probe(train_cls, train_labels, job.seed, job.params.validation_share)
    arrays = {name: np.load(job.input[name]) for name in ("cls", "top1", "probability", "ink")}
    labels = np.load(job.input.test_labels)[: arrays["top1"].shape[1]]
    sweep = pd.read_csv(job.input.sweep)
    images = masked_images(sweep, **arrays, labels=labels, probe=probe)
    images.to_csv(job.output.images, index=False)
    masking_rows(images, sweep).to_csv(job.output.metrics, index=False)
