"""CLS and mean-patch embeddings of a dataset's first images, from one pass, under one normalisation."""

from pathlib import Path

import numpy as np

from archdyn.experiments.vit.embed import embed
from archdyn.experiments.vit.model import load_vit
from archdyn.networks.device import pick_device
from archdyn.workflow.job import Job

with Job(snakemake) as job:
    device = job.uses(pick_device(job.params.device, job.threads, job.params.precision))
    vit = load_vit(Path(job.input.model), device, job.params.preprocessing)
    for split in ("train", "test"):
        images = np.load(job.input[f"{split}_images"], mmap_mode="r")[: job.params.images[split]]
        arrays = embed(vit, images, device, job.params.precision, batch=job.params.embedding_batch)
        for kind in ("cls", "mean_patch"):
            np.save(getattr(job.output, f"{split}_{kind}"), arrays[kind])
