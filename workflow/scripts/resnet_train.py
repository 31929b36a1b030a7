"""Train one transfer condition with one seed; the backbone runs in every epoch."""

from pathlib import Path

import numpy as np
import pandas as pd

from archdyn.experiments.resnet.model import save_transferred, transferred
from archdyn.experiments.resnet.settings import TransferTraining
from archdyn.experiments.resnet.train import train_transfer
from archdyn.networks.device import pick_device
from archdyn.networks.seeds import seed_everything
from archdyn.render.published import read_json
from archdyn.workflow.job import Job

with Job(snakemake) as job:
    device = job.uses(pick_device(job.params.device, job.threads, job.params.training["precision"]))
    seed = seed_everything(job.seed)
    classes = read_json(job.input.classes)
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
    pd.DataFrame(result.epochs).assign(condition=job.wildcards["condition"], seed=seed).to_csv(
        job.output.epochs, index=False
    )
    np.save(job.output.logits, result.logits)
