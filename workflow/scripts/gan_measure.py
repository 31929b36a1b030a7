"""Draw images from one trained generator, embed them by the classifier, and measure them and the training."""

from pathlib import Path

import numpy as np
import pandas as pd

from archdyn.experiments.gan.embed import sample_images
from archdyn.experiments.gan.metrics import sample_metrics, training_metrics
from archdyn.measures.generative import ImageSet
from archdyn.measures.tidy import tidy
from archdyn.networks.classifier import embed_images, load_classifier
from archdyn.networks.device import pick_device
from archdyn.networks.seeds import seed_everything
from archdyn.workflow.job import Job

with Job(snakemake) as job:
    device = job.uses(pick_device(job.params.device, job.threads))
    seed_everything(job.seed)
    images = sample_images(Path(job.input.model), job.params.samples, device)
    features, logits = embed_images(load_classifier(Path(job.input.classifier), device), images, device)
    for name, array in {"images": images, "features": features, "logits": logits}.items():
        np.save(getattr(job.output, name), array)
    train = ImageSet.load(job.input.train_images, job.input.train_features, job.input.train_logits)
    samples = ImageSet(images, features, logits)
    values = sample_metrics(samples, train, job.params.trained_on, job.params.neighbours)
    values |= training_metrics(pd.read_csv(job.input.epochs), np.load(job.input.steps))
    tidy("gan", job.wildcards["condition"], job.seed, values).to_csv(job.output.metrics, index=False)
