"""Grad-CAM of a convolutional network on the pictures."""

import json
from pathlib import Path

import numpy as np
from scipy.special import softmax

from archdyn.experiments.vit.gradcam import grad_cam
from archdyn.networks.backbones import load_backbone
from archdyn.networks.device import pick_device
from archdyn.workflow.job import Job

with Job(snakemake) as job:
    device = job.uses(pick_device(job.params.device, job.threads))
    cnn = load_backbone(Path(job.input.model), device)
    maps, logits, layer = grad_cam(cnn, np.load(job.input.images), device)
    np.save(job.output.maps, maps)
    answers = [(cnn.classes[row.argmax()], float(row.max())) for row in softmax(logits, axis=1)]
    facts = {"layer": layer, "weights": job.params.weights, "answers": answers}
    job.output.facts.write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
