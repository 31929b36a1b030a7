"""One pass over the pictures gives logits, tokens and attention; many images give the heads' statistics."""

import json
from pathlib import Path

import numpy as np

from archdyn.experiments.vit.embed import cls_maps, head_statistics, look
from archdyn.experiments.vit.model import load_vit
from archdyn.networks.device import pick_device
from archdyn.workflow.job import Job

with Job(snakemake) as job:
    device = job.uses(pick_device(job.params.device, job.threads))
    vit = load_vit(Path(job.input.model), device)
    found = look(vit, np.load(job.input.images), device)
    test_images = np.load(job.input.test_images, mmap_mode="r")[: job.params.images]
    arrays = {"logits": found["logits"], "attention": found["attention"]} | head_statistics(vit, test_images, device)
    squashed = look(vit, np.load(job.input.squashed), device)["attention"]
    arrays["published_maps"] = cls_maps(squashed[:, -1])
    for name, array in arrays.items():
        np.save(getattr(job.output, name), array)
    job.output.classes.write_text(json.dumps(vit.classes, indent=2) + "\n", encoding="utf-8")
