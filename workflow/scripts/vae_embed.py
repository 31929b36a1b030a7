"""The posteriors of the test images under one trained VAE, and images that it draws, with features and logits."""

from pathlib import Path

import numpy as np

from archdyn.experiments.vae.embed import PRIORS, SHOWN, embed_posterior, load_vae, reconstruct, sample_images, traverse
from archdyn.networks.classifier import embed_images, load_classifier
from archdyn.networks.device import pick_device
from archdyn.networks.seeds import seed_everything
from archdyn.workflow.job import Job

with Job(snakemake) as job:
    device = job.uses(pick_device(job.params.device, job.threads))
    seed_everything(job.seed)
    model = load_vae(Path(job.input.model), device)
    classifier = load_classifier(Path(job.input.classifier), device)
    test_images = np.load(job.input.test_images, mmap_mode="r")[: job.params.test_images]
    arrays = embed_posterior(model, test_images, device)
    arrays["reconstructions"] = reconstruct(model, test_images[:SHOWN], device)
    arrays["traversal"] = traverse(model, device)
    for prior in PRIORS:
        images = sample_images(model, job.params.samples, prior, device)
        arrays[f"{prior}_images"] = images
        arrays[f"{prior}_features"], arrays[f"{prior}_logits"] = embed_images(classifier, images, device)
    for name, array in arrays.items():
        np.save(getattr(job.output, name), array)
