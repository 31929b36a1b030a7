"""Pretrain a backbone on a dataset, where the config asks for weights trained here."""

import numpy as np
import pandas as pd

from archdyn.models.backbones import build, save_backbone
from archdyn.pipeline.job import Job
from archdyn.settings.common import Pretraining
from archdyn.train.pretrain import pretrain

with Job(snakemake) as job:
    device = job.device()
    job.seed_everything()
    classes = job.read_json("classes")
    architecture = job.params.architecture
    model = build(architecture, len(classes))
    names = ("train_images", "train_labels", "test_images", "test_labels")
    arrays = {name: np.load(job.input[name], mmap_mode="r") for name in names}
    preprocessing, training = architecture["preprocessing"], Pretraining.model_validate(job.params.settings)
    epochs = pretrain(model, preprocessing, arrays, training, device, job.progress, job.interruption())
    save_backbone(job.output.model, model, architecture, classes, job.params.weights)
    pd.DataFrame(epochs).to_csv(job.output.epochs, index=False)
