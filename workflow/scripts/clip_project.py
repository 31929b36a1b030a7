"""Images and texts in two dimensions: before and after alignment, by separate fits and by joint ones."""

import numpy as np

from archdyn.experiments.clip.alignment import draw
from archdyn.experiments.clip.metrics import unit
from archdyn.experiments.clip.projection import projections
from archdyn.workflow.job import Job

with Job(snakemake) as job:
    images = {split: np.load(job.input[f"{split}_images"]) for split in ("train", "test")}
    train, test = (
        (unit(images[split]), np.load(job.input[f"{split}_labels"])[: len(images[split])]) for split in images
    )
    prompts = unit(np.load(job.input.prompts))
    drawn = draw(len(test[1]), job.params.pairs, np.random.default_rng(job.seed))
    pairs = test[0][drawn], test[1][drawn]
    projected = test[0][: job.params.images], test[1][: job.params.images]
    projections(train, pairs, projected, prompts[0]).to_csv(job.output.points, index=False)
