"""What one pretrained backbone makes of the images: constant features and their cost, layers, answers of new heads."""

import json
import time
from pathlib import Path

import numpy as np

from archdyn.experiments.resnet.embed import draw_rows, embed_layers, embed_penultimate, untrained_answers
from archdyn.experiments.resnet.train import forward_gflops
from archdyn.networks.backbones import load_backbone
from archdyn.networks.device import pick_device
from archdyn.networks.preprocessing import HALF
from archdyn.render.published import read_json
from archdyn.workflow.job import Job

with Job(snakemake) as job:
    device = job.uses(pick_device(job.params.device, job.threads, job.params.precision))
    how = device, job.params.precision, job.params.embedding_batch
    path, preprocessing, layers = Path(job.input.backbone), job.params.preprocessing, job.params.layers
    backbone = load_backbone(path, device, preprocessing)
    for split, n in (("test", job.params.test_images), ("train", job.params.images)):
        images, labels = (np.load(job.input[f"{split}_{kind}"], mmap_mode="r") for kind in ("images", "labels"))
        began = time.perf_counter()
        features = embed_penultimate(backbone, images[:n], *how)
        seconds = (time.perf_counter() - began) / len(features)
        np.save(getattr(job.output, f"{split}_features"), features)
        rows = draw_rows(len(labels), layers[f"{split}_images"])
        for layer, embeddings in embed_layers(backbone, images[rows], *how).items():
            np.save(getattr(job.output, f"{split}_{layer}"), embeddings)
        np.save(getattr(job.output, f"layers_{split}_labels"), labels[rows])
    cost = {"gflops": forward_gflops(backbone, images, device), "seconds": seconds}
    job.output.cost.write_text(json.dumps(cost), encoding="utf-8")
    # The report's Figures 2 and 3 are of images normalised by a half, and of a head that was never trained.
    first = np.load(job.input.test_images, mmap_mode="r")[: job.params.projected]
    features = embed_penultimate(load_backbone(path, device, preprocessing | HALF), first, *how)
    np.save(job.output.untrained_features, features)
    answers = untrained_answers(features, len(read_json(job.input.classes)), job.params.seeds)
    np.save(job.output.untrained_answers, answers)
