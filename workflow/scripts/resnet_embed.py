"""Constant features of all images under one backbone, and what an image's cost."""

import json
import time
from pathlib import Path

import numpy as np

from archdyn.experiments.resnet.embed import embed_penultimate
from archdyn.experiments.resnet.train import forward_gflops
from archdyn.networks.backbones import load_backbone
from archdyn.networks.device import pick_device
from archdyn.workflow.job import Job

with Job(snakemake) as job:
    device = job.uses(pick_device(job.params.device, job.threads, job.params.precision))
    how = device, job.params.precision, job.params.embedding_batch
    backbone = load_backbone(Path(job.input.backbone), device, job.params.preprocessing)
    for split, n in (("test", job.params.test_images), ("train", job.params.images)):
        images = np.load(job.input[f"{split}_images"], mmap_mode="r")[:n]
        began = time.perf_counter()
        features = embed_penultimate(backbone, images, *how)
        seconds = (time.perf_counter() - began) / len(images)
        np.save(getattr(job.output, f"{split}_features"), features)
    cost = {"gflops": forward_gflops(backbone, images, device), "seconds": seconds}
    job.output.cost.write_text(json.dumps(cost))
