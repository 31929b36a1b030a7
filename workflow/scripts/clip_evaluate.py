"""Measure one CLIP: zero-shot accuracy, the modality gap, what alignment does to both, and two dimensions of it all."""

import numpy as np

from archdyn.experiments.clip.alignment import draw
from archdyn.experiments.clip.evaluation import Embedded, evaluate
from archdyn.experiments.clip.metrics import unit
from archdyn.experiments.clip.projection import projections
from archdyn.workflow.job import Job

with Job(snakemake) as job:
    images = {split: np.load(job.input[f"{split}_images"]) for split in ("train", "test")}
    pairs = {split: (found, np.load(job.input[f"{split}_labels"])[: len(found)]) for split, found in images.items()}
    prompts = dict(zip(job.params.prompts, np.load(job.input.prompts), strict=True))
    embedded = Embedded(**pairs, prompts=prompts, templates=np.load(job.input.ensemble))
    measured = evaluate(embedded, job.params.pairs, job.params.draws, job.seed, job.params.drawing)
    measured.rows.to_csv(job.output.metrics, index=False)
    measured.curves.to_csv(job.output.shift, index=False)
    for kind, table in measured.images.items():
        table.to_csv(getattr(job.output, f"{kind}_images"), index=False)
    train, test = ((unit(found), labels) for found, labels in pairs.values())
    rows = draw(len(test[1]), job.params.pairs, np.random.default_rng(job.seed))
    shown = test[0][: job.params.images], test[1][: job.params.images]
    points = projections(train, (test[0][rows], test[1][rows]), shown, unit(prompts["plain"]))
    points.to_csv(job.output.points, index=False)
