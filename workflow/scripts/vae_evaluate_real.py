"""Measure held-out real images as though they were samples: the best that a decoder could score."""

import numpy as np

from archdyn.experiments.vae.metrics import sample_metrics
from archdyn.measures.tidy import tidy
from archdyn.workflow.job import Job

with Job(snakemake) as job:
    features = {split: np.load(job.input[f"{split}_features"]) for split in ("train", "test")}
    logits = {split: np.load(job.input[f"{split}_logits"]) for split in ("train", "test")}
    held_out = slice(job.params.samples)
    train_labels = logits["train"].argmax(1)
    values = sample_metrics(
        "held_out", features["test"][held_out], logits["test"][held_out], features["train"], train_labels
    )
    tidy("vae", "held_out", 0, values).to_csv(job.output.metrics, index=False)
