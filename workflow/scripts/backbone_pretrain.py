"""Pretrain a backbone on a dataset, where nobody's weights are to be used."""

import json
from pathlib import Path

import numpy as np

from archdyn.metrics.tidy import tidy
from archdyn.models.backbones import build, save_backbone
from archdyn.pipeline.job import Job
from archdyn.train.pretrain import pretrain

with Job(snakemake) as job:
    device = job.device()
    job.seed_everything()
    classes = json.loads(Path(job.input.classes).read_text())
    model = build(job.params.architecture, len(classes))
    names = ("train_images", "train_labels", "test_images", "test_labels")
    arrays = {name: np.load(job.input[name], mmap_mode="r") for name in names}
    epochs = pretrain(
        model, job.params.architecture["preprocessing"], arrays, job.params.settings, device, job.progress
    )
    save_backbone(job.output.model, model, job.params.architecture, classes, job.params.weights)
    values = {"pretraining_accuracy": epochs[-1]["test_accuracy"]}
    condition = job.wildcards["backbone"]
    tidy(job.wildcards["experiment"], condition, job.seed, values).to_csv(job.output.metrics, index=False)
