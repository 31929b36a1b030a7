"""What a network with ImageNet's weights sees on real photos, and where it looks: the user's, or scikit-learn's."""

import json
from pathlib import Path

import numpy as np

from archdyn.experiments.vit.gradcam import grad_cam
from archdyn.experiments.vit.photos import read_photo, sample_photos
from archdyn.networks.backbones import load_backbone
from archdyn.networks.device import pick_device
from archdyn.workflow.job import Job

with Job(snakemake) as job:
    device = job.uses(pick_device(job.params.device, job.threads))
    cnn = load_backbone(Path(job.input.model), device)
    files = dict(zip(job.params.names, job.input.files, strict=True)) or sample_photos()
    photos = np.stack([read_photo(Path(file), job.params.preprocessing) for file in files.values()])
    maps, logits, layer = grad_cam(cnn, photos, device)
    np.save(job.output.photos, photos)
    np.save(job.output.maps, maps)
    np.save(job.output.logits, logits)
    facts = {"names": list(files), "classes": cnn.classes, "layer": layer}
    job.output.facts.write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
