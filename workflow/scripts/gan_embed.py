"""Draw images from one trained generator; save them with the classifier's features and logits."""

from pathlib import Path

import numpy as np

from archdyn.embed.gan import sample_images
from archdyn.models.classifier import embed_images, load_classifier
from archdyn.pipeline.job import Job

with Job(snakemake) as job:
    device = job.device()
    job.seed_everything()
    images = sample_images(Path(job.input.model), job.params.samples, device)
    features, logits = embed_images(load_classifier(Path(job.input.classifier), device), images, device)
    np.save(job.output.images, images)
    np.save(job.output.features, features)
    np.save(job.output.logits, logits)
