"""Measure held-out real images as though they were samples: the best that a decoder could score."""

import numpy as np

from archdyn.metrics.tidy import tidy
from archdyn.metrics.vae import sample_metrics
from archdyn.pipeline.job import Job

with Job(snakemake) as job:
    features = {split: np.load(job.input[f"{split}_features"]) for split in ("train", "test")}
    labels = {split: np.load(job.input[f"{split}_logits"]).argmax(1) for split in ("train", "test")}
    held_out = slice(job.params.samples)
    values = sample_metrics(
        "held_out", features["test"][held_out], labels["test"][held_out], features["train"], labels["train"]
    )
    tidy("vae", "held_out", 0, values).to_csv(job.output.metrics, index=False)
