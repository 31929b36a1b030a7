"""Embed the images of both splits, and the texts of all prompts and classes."""

from pathlib import Path

import numpy as np

from archdyn.experiments.clip.embed import embed_images, embed_texts
from archdyn.networks.backbones import load_backbone
from archdyn.networks.device import pick_device
from archdyn.render.published import read_json
from archdyn.workflow.job import Job

with Job(snakemake) as job:
    device = job.uses(pick_device(job.params.device, job.threads))
    how = device, job.params.precision, job.params.embedding_batch
    clip = load_backbone(Path(job.input.model), device)
    classes = read_json(job.input.classes)
    for split in ("train_images", "test_images"):
        images = np.load(job.input[split], mmap_mode="r")[: job.params[split]]
        vectors = embed_images(clip.model, clip.preprocess, images, *how)
        np.save(getattr(job.output, split), vectors)
    for texts in ("prompts", "ensemble"):
        vectors = embed_texts(clip.model, job.params[texts], classes, *how)
        np.save(getattr(job.output, texts), vectors)
