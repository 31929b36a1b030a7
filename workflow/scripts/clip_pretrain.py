"""Pretrain a CLIP on captioned images, where nobody's weights are to be used."""

import json
from pathlib import Path

import numpy as np

from archdyn.models.backbones import build, save_backbone
from archdyn.models.preprocessing import Preprocess
from archdyn.pipeline.job import Job
from archdyn.train.clip import pretrain_clip

with Job(snakemake) as job:
    device = job.device()
    job.seed_everything()
    architecture, settings = job.params.architecture, job.params.settings
    images, labels = (np.load(job.input[f"train_{part}"])[: settings["images"]] for part in ("images", "labels"))
    classes = json.loads(Path(job.input.classes).read_text())
    model = build(architecture, 0)
    preprocess = Preprocess(architecture["preprocessing"], device)
    pretrain_clip(model, preprocess, images, labels, classes, settings, device, job.progress)
    save_backbone(job.output.model, model, architecture, [], job.params.weights)
