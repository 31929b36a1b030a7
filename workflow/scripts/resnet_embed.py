"""Constant features of all images under one backbone."""

import json
from pathlib import Path

import numpy as np

from archdyn.embed.resnet import embed_penultimate
from archdyn.models.backbones import load_backbone
from archdyn.pipeline.job import Job
from archdyn.train.resnet import forward_gflops

with Job(snakemake) as job:
    device = job.device()
    backbone = load_backbone(Path(job.input.backbone), device)
    for split, n in (("train", job.params.images), ("test", job.params.test_images)):
        images = np.load(job.input[f"{split}_images"], mmap_mode="r")[:n]
        np.save(
            getattr(job.output, f"{split}_features"), embed_penultimate(backbone, images, device, job.params.precision)
        )
    job.output.cost.write_text(json.dumps({"forward_gflops": forward_gflops(backbone, images, device)}))
