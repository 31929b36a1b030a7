"""What one trained VAE says of the test images and what it draws, with the numbers of both."""

from pathlib import Path

import numpy as np
import pandas as pd

from archdyn.experiments.vae import embed, metrics
from archdyn.measures.tidy import tidy
from archdyn.networks.classifier import embed_images, load_classifier
from archdyn.networks.device import pick_device
from archdyn.networks.seeds import seed_everything
from archdyn.workflow.job import Job

with Job(snakemake) as job:
    device = job.uses(pick_device(job.params.device, job.threads))
    seed_everything(job.seed)
    model = embed.load_vae(Path(job.input.model), device)
    classifier = load_classifier(Path(job.input.classifier), device)
    train_images = np.load(job.input.train_images, mmap_mode="r")[: job.params.images]
    test = slice(job.params.test_images)
    test_images, test_labels = (
        np.load(job.input[f"test_{kind}"], mmap_mode="r")[test] for kind in ("images", "labels")
    )
    train_features, train_labels = np.load(job.input.train_features), np.load(job.input.train_logits).argmax(1)

    arrays = embed.embed_posterior(model, test_images, device)
    posteriors = arrays["mean"], arrays["logvar"]
    values = metrics.training_metrics(pd.read_csv(job.input.epochs))
    values |= metrics.posterior_metrics(*posteriors, job.params.floor, np.random.default_rng(job.seed))
    values |= metrics.decoder_metrics(arrays["errors"], test_images, test_labels)
    for prior in embed.PRIORS:
        arrays[f"{prior}_images"] = images = embed.sample_images(model, job.params.samples, prior, device)
        features, logits = embed_images(classifier, images, device)
        values |= metrics.sample_metrics(prior, features, logits, train_features, train_labels)
    tidy("vae", job.wildcards["condition"], job.seed, values).to_csv(job.output.metrics, index=False)

    arrays["reconstructions"] = embed.reconstruct(model, test_images[: embed.SHOWN], device)
    arrays["projection"] = metrics.project(arrays["mean"])
    arrays["minibatches"] = embed.one_pass(model, train_images, job.params.batch_size, device)
    arrays["traversal"] = embed.traverse(model, device)
    arrays["plane"] = embed.decode_plane(model, metrics.strongest_dimensions(*posteriors, 2), device)
    for name, array in arrays.items():
        np.save(getattr(job.output, name), array)
