"""Embed the images of both splits, and the texts of all prompts and classes."""

import json
from pathlib import Path

import numpy as np

from archdyn.experiments.clip.embed import embed_images, embed_texts, load_clip
from archdyn.networks.device import pick_device
from archdyn.render.published import read_json
from archdyn.workflow.job import Job

with Job(snakemake) as job:
    device = job.uses(pick_device(job.params.device, job.threads))
    how = device, job.params.embedding_batch
    clip, arithmetic = load_clip(Path(job.input.model), device, job.params.precision)
    classes = read_json(job.input.classes)
    for split in ("train_images", "test_images"):
        images = np.load(job.input[split], mmap_mode="r")[: job.params[split]]
        np.save(getattr(job.output, split), embed_images(clip.model, clip.preprocess, images, *how))
    for texts in ("prompts", "ensemble"):
        np.save(getattr(job.output, texts), embed_texts(clip.model, job.params[texts], classes, *how))
    job.output.facts.write_text(json.dumps({"arithmetic": arithmetic}), encoding="utf-8")
