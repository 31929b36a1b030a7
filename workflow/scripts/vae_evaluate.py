"""Measure one trained VAE from its posteriors, its errors, its samples' features and its training record."""

import numpy as np
import pandas as pd

from archdyn.experiments.vae.metrics import (
    decoder_metrics,
    posterior_metrics,
    project,
    sample_metrics,
    training_metrics,
)
from archdyn.measures.tidy import tidy
from archdyn.workflow.job import Job

with Job(snakemake) as job:
    mean, logvar = np.load(job.input.mean), np.load(job.input.logvar)
    train_features, train_labels = np.load(job.input.train_features), np.load(job.input.train_logits).argmax(1)
    values = training_metrics(pd.read_csv(job.input.epochs))
    values |= posterior_metrics(mean, logvar, job.params.floor, np.random.default_rng(job.seed))
    errors = np.load(job.input.errors)
    test = (np.load(job.input[name], mmap_mode="r")[: len(errors)] for name in ("test_images", "test_labels"))
    values |= decoder_metrics(errors, *test)
    for prior in ("normal", "laplace"):
        features, logits = np.load(job.input[f"{prior}_features"]), np.load(job.input[f"{prior}_logits"])
        values |= sample_metrics(prior, features, logits, train_features, train_labels)
    tidy("vae", job.wildcards["condition"], job.seed, values).to_csv(job.output.metrics, index=False)
    np.save(job.output.projection, project(mean))
