"""Pretrain a backbone on a dataset, where the config asks for weights trained here."""

import numpy as np
import pandas as pd

from archdyn.networks.backbones import build, save_backbone
from archdyn.networks.device import pick_device
from archdyn.networks.pretraining import pretrain
from archdyn.networks.seeds import seed_everything
from archdyn.render.published import read_json
from archdyn.settings.common import Pretraining
from archdyn.workflow.job import Job

with Job(snakemake) as job:
    device = job.uses(pick_device(job.params.device, job.threads))
    seed_everything(job.seed)
    classes = read_json(job.input.classes)
    architecture = job.params.architecture
    model = build(architecture, len(classes))
    names = ("train_images", "train_labels", "test_images", "test_labels")
    arrays = {name: np.load(job.input[name], mmap_mode="r") for name in names}
    preprocessing, training = architecture["preprocessing"], Pretraining.model_validate(job.params.settings)
    epochs = pretrain(model, preprocessing, arrays, training, device, job.progress, job.interruption())
    save_backbone(job.output.model, model, architecture, classes, job.params.weights)
    pd.DataFrame(epochs).to_csv(job.output.epochs, index=False)
