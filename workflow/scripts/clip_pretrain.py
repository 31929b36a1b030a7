"""Pretrain a CLIP on captioned images, where the config asks for weights trained here."""

import numpy as np

from archdyn.experiments.clip.settings import ClipPretraining
from archdyn.experiments.clip.train import pretrain_clip
from archdyn.networks.backbones import build, save_backbone
from archdyn.networks.device import pick_device
from archdyn.networks.seeds import seed_everything
from archdyn.render.published import read_json
from archdyn.workflow.job import Job

with Job(snakemake) as job:
    device = job.uses(pick_device(job.params.device, job.threads))
    seed_everything(job.seed)
    architecture, training = job.params.architecture, ClipPretraining.model_validate(job.params.settings)
    classes = read_json(job.input.classes)
    model = build(architecture, 0)
    arrays = {name: np.load(job.input[name], mmap_mode="r") for name in ("train_images", "train_labels")}
    preprocessing = architecture["preprocessing"]
    pretrain_clip(model, preprocessing, arrays, classes, training, device, job.progress, job.interruption())
    save_backbone(job.output.model, model, architecture, [], job.params.weights)
