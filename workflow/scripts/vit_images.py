"""The pictures that are looked at one by one: the user's photos, or fixed test images."""

import json
from pathlib import Path

import numpy as np

from archdyn.experiments.vit.photos import pick_images, read_photo, squash_photo
from archdyn.render.published import read_json
from archdyn.workflow.job import Job

with Job(snakemake) as job:
    if job.params.names:
        images, squashed = (
            np.stack([read(Path(file), job.params.preprocessing) for file in job.input.files])
            for read in (read_photo, squash_photo)
        )
        names = job.params.names
    else:
        labels = np.load(job.input.test_labels)
        classes = read_json(job.input.classes)
        picked = pick_images(labels)
        images = squashed = np.load(job.input.test_images, mmap_mode="r")[picked]
        names = [classes[label] for label in labels[picked]]
    np.save(job.output.images, images)
    np.save(job.output.squashed, squashed)
    job.output.names.write_text(json.dumps(names, indent=2) + "\n", encoding="utf-8")
