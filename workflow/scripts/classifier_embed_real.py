"""Features and logits of the real images, which the generated ones are compared with."""

from pathlib import Path

import numpy as np

from archdyn.networks.classifier import embed_images, load_classifier
from archdyn.networks.device import pick_device
from archdyn.workflow.job import Job

with Job(snakemake) as job:
    device = job.uses(pick_device(job.params.device, job.threads))
    classifier = load_classifier(Path(job.input.classifier), device)
    for split in ("train", "test"):
        images = np.load(job.input[f"{split}_images"], mmap_mode="r")
        features, logits = embed_images(classifier, images, device)
        np.save(getattr(job.output, f"{split}_features"), features)
        np.save(getattr(job.output, f"{split}_logits"), logits)
