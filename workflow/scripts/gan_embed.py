"""Draw images from one trained generator; save them with the classifier's features and logits."""

from pathlib import Path

import numpy as np

from archdyn.experiments.gan.embed import sample_images
from archdyn.networks.classifier import embed_images, load_classifier
from archdyn.networks.device import pick_device
from archdyn.networks.seeds import seed_everything
from archdyn.workflow.job import Job

with Job(snakemake) as job:
    device = job.uses(pick_device(job.params.device, job.threads))
    seed_everything(job.seed)
    images = sample_images(Path(job.input.model), job.params.samples, device)
    features, logits = embed_images(load_classifier(Path(job.input.classifier), device), images, device)
    np.save(job.output.images, images)
    np.save(job.output.features, features)
    np.save(job.output.logits, logits)
