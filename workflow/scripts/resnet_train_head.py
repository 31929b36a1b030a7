"""Train the head of one transfer condition with one seed, on constant features."""

import numpy as np
import pandas as pd

from archdyn.experiments.resnet.settings import HeadTraining
from archdyn.experiments.resnet.train import train_head
from archdyn.networks.checkpoint import save_checkpoint
from archdyn.networks.device import pick_device
from archdyn.networks.seeds import seed_everything
from archdyn.render.published import read_json
from archdyn.workflow.job import Job

with Job(snakemake) as job:
    job.uses(pick_device(job.params.device, job.threads))
    seed = seed_everything(job.seed)
    arrays = {name: np.load(job.input[name]) for name in ("train_features", "test_features")}
    for split in ("train", "test"):
        arrays[f"{split}_labels"] = np.load(job.input[f"{split}_labels"])[: len(arrays[f"{split}_features"])]
    protocol = {"validation_share": job.params.validation_share}
    settings = HeadTraining.model_validate(job.params.training | protocol)
    cost = read_json(job.input.cost)
    head, result = train_head(arrays, settings, seed, cost, job.progress, job.interruption())
    save_checkpoint(job.output.model, {"head": head}, settings.model_dump())
    pd.DataFrame(result.epochs).assign(condition=job.wildcards["condition"], seed=seed).to_csv(
        job.output.epochs, index=False
    )
    np.save(job.output.logits, result.logits)
