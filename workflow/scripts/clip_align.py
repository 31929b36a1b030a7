"""Rotate the texts onto the images by the pairs that one seed draws: as published, and nulls."""

import numpy as np
import pandas as pd

from archdyn.experiments.clip.alignment import drawn_alignment_metrics
from archdyn.measures.tidy import tidy
from archdyn.workflow.job import Job

with Job(snakemake) as job:
    images = {split: np.load(job.input[f"{split}_images"]) for split in ("train", "test")}
    train, test = ((images[split], np.load(job.input[f"{split}_labels"])[: len(images[split])]) for split in images)
    plain = np.load(job.input.prompts)[0]
    rng = np.random.default_rng(job.seed)
    protocols = drawn_alignment_metrics(train, test, plain, job.params.pairs, job.params.draws, rng)
    rows = [tidy("clip", f"procrustes_{name}", job.seed, values) for name, values in protocols.items()]
    pd.concat(rows).to_csv(job.output.metrics, index=False)
