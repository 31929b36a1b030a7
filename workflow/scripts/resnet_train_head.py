"""Train the head of one transfer condition with one seed, on constant features."""

import numpy as np
import pandas as pd

from archdyn.models.checkpoint import save_checkpoint
from archdyn.pipeline.job import Job
from archdyn.settings.resnet import HeadTraining
from archdyn.train.resnet import train_head

with Job(snakemake) as job:
    job.device()
    seed = job.seed_everything()
    arrays = {name: np.load(job.input[name]) for name in ("train_features", "test_features")}
    for split in ("train", "test"):
        arrays[f"{split}_labels"] = np.load(job.input[f"{split}_labels"])[: len(arrays[f"{split}_features"])]
    protocol = {"validation_share": job.params.validation_share}
    settings = HeadTraining.model_validate(job.params.training | protocol)
    cost = job.read_json("cost")
    jobs = cost.pop("jobs_on_device")
    head, result = train_head(arrays, settings, seed, cost, job.progress, job.interruption())
    save_checkpoint(job.output.model, {"head": head}, settings.model_dump())
    epochs = pd.DataFrame(result.epochs).assign(jobs_on_device=jobs)
    epochs.assign(condition=job.wildcards["condition"], seed=seed).to_csv(job.output.epochs, index=False)
    np.save(job.output.logits, result.logits)
