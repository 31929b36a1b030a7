"""Embeddings of random images by layer, from one forward pass."""

from pathlib import Path

import numpy as np

from archdyn.experiments.resnet.embed import draw_rows, embed_layers
from archdyn.networks.backbones import load_backbone
from archdyn.networks.device import pick_device
from archdyn.workflow.job import Job

with Job(snakemake) as job:
    device = job.uses(pick_device(job.params.device, job.threads, job.params.precision))
    how = device, job.params.precision, job.params.embedding_batch
    backbone = load_backbone(Path(job.input.backbone), device, job.params.preprocessing)
    for split in ("train", "test"):
        labels = np.load(job.input[f"{split}_labels"])
        rows = draw_rows(len(labels), job.params.images[f"{split}_images"])
        images = np.load(job.input[f"{split}_images"], mmap_mode="r")[rows]
        for layer, embeddings in embed_layers(backbone, images, *how).items():
            np.save(getattr(job.output, f"{split}_{layer}"), embeddings)
        np.save(getattr(job.output, f"{split}_labels"), labels[rows])
