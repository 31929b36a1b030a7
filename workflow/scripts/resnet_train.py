"""Train one transfer condition with one seed; the backbone runs in every epoch."""

from pathlib import Path

import numpy as np
import pandas as pd

from archdyn.models.resnet import save_transferred, transferred
from archdyn.pipeline.job import Job
from archdyn.settings.resnet import TransferTraining
from archdyn.train.resnet import train_transfer

with Job(snakemake) as job:
    device = job.device(job.params.training["precision"])
    seed = job.seed_everything()
    classes = job.read_json("classes")
    limits = {"train": job.params.images, "test": job.params.test_images}
    arrays = {
        f"{split}_{kind}": np.load(job.input[f"{split}_{kind}"], mmap_mode="r")[:n]
        for split, n in limits.items()
        for kind in ("images", "labels")
    }
    start = Path(job.input.backbone)
    settings = TransferTraining.model_validate(job.params.training)
    backbone = transferred(start, settings, len(classes), device)
    result = train_transfer(backbone, arrays, settings, seed, device, job.progress, job.interruption())
    save_transferred(job.output.model, backbone, start, settings, classes)
    epochs = pd.DataFrame(result.epochs).assign(jobs_on_device=job.jobs_on_device)
    epochs.assign(condition=job.wildcards["condition"], seed=seed).to_csv(job.output.epochs, index=False)
    np.save(job.output.logits, result.logits)
