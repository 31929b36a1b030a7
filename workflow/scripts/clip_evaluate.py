"""Measure one CLIP: zero-shot accuracy by prompt, the modality gap, and what alignment by all pairs does to both."""

import numpy as np

from archdyn.experiments.clip.evaluation import Embedded, evaluate
from archdyn.workflow.job import Job

with Job(snakemake) as job:
    images = {split: np.load(job.input[f"{split}_images"]) for split in ("train", "test")}
    pairs = {split: (found, np.load(job.input[f"{split}_labels"])[: len(found)]) for split, found in images.items()}
    prompts = dict(zip(job.params.prompts, np.load(job.input.prompts), strict=True))
    embedded = Embedded(**pairs, prompts=prompts, templates=np.load(job.input.ensemble))
    measured = evaluate(embedded, job.params.draws, job.seed)
    measured.rows.to_csv(job.output.metrics, index=False)
    measured.curves.to_csv(job.output.shift, index=False)
    for kind, table in measured.images.items():
        table.to_csv(getattr(job.output, f"{kind}_images"), index=False)
