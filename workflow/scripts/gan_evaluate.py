"""Measure one trained GAN from its samples, their features and its training record."""

import numpy as np
import pandas as pd

from archdyn.experiments.gan.metrics import sample_metrics, training_metrics
from archdyn.measures.generative import ImageSet
from archdyn.measures.tidy import tidy
from archdyn.workflow.job import Job

with Job(snakemake) as job:
    train = ImageSet.load(job.input.train_images, job.input.train_features, job.input.train_logits)
    samples = ImageSet.load(job.input.images, job.input.features, job.input.logits)
    values = sample_metrics(samples, train, job.params.trained_on, job.params.neighbours)
    values |= training_metrics(pd.read_csv(job.input.epochs), np.load(job.input.steps))
    rows = tidy("gan", job.wildcards["condition"], job.seed, values)
    rows.to_csv(job.output.metrics, index=False)
