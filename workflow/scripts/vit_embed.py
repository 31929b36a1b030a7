"""CLS and mean-patch embeddings of a dataset's first images, normalised as the weights expect and as published."""

from pathlib import Path

import numpy as np

from archdyn.experiments.vit.embed import embed
from archdyn.experiments.vit.model import load_vit
from archdyn.networks.device import pick_device
from archdyn.workflow.job import Job

with Job(snakemake) as job:
    device = job.uses(pick_device(job.params.device, job.threads, job.params.precision))
    for normalisation, preprocessing in job.params.preprocessing.items():
        vit = load_vit(Path(job.input.model), device, preprocessing)
        for split, n in job.params.images[normalisation].items():
            images = np.load(job.input[f"{split}_images"], mmap_mode="r")[:n]
            arrays = embed(vit, images, device, job.params.precision, batch=job.params.embedding_batch)
            for kind in ("cls", "mean_patch"):
                np.save(getattr(job.output, f"{normalisation}_{split}_{kind}"), arrays[kind])
