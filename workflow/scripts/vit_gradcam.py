"""Grad-CAM of a convolutional network on the shown images."""

import json
from pathlib import Path

import numpy as np

from archdyn.embed.gradcam import grad_cam
from archdyn.metrics.vit import top_classes
from archdyn.models.backbones import load_backbone
from archdyn.pipeline.job import Job

with Job(snakemake) as job:
    device = job.device()
    cnn = load_backbone(Path(job.input.model), device)
    maps, logits, layer = grad_cam(cnn, np.load(job.input.images), device)
    np.save(job.output.maps, maps)
    answers, probabilities = top_classes(logits, 1)
    answers = [[cnn.classes[number], p] for number, p in zip(answers[:, 0], probabilities[:, 0], strict=True)]
    facts = {"layer": layer, "weights": job.params.weights, "answers": answers}
    job.output.facts.write_text(json.dumps(facts, indent=2) + "\n")
