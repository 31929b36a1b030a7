"""Pretrain a CLIP on captioned images, where the config asks for weights trained here."""

import numpy as np

from archdyn.models.backbones import build, save_backbone
from archdyn.pipeline.job import Job
from archdyn.settings.clip import ClipPretraining
from archdyn.train.clip import pretrain_clip

with Job(snakemake) as job:
    device = job.device()
    job.seed_everything()
    architecture, training = job.params.architecture, ClipPretraining.model_validate(job.params.settings)
    classes = job.read_json("classes")
    model = build(architecture, 0)
    arrays = {name: np.load(job.input[name], mmap_mode="r") for name in ("train_images", "train_labels")}
    preprocessing = architecture["preprocessing"]
    pretrain_clip(model, preprocessing, arrays, classes, training, device, job.progress, job.interruption())
    save_backbone(job.output.model, model, architecture, [], job.params.weights)
