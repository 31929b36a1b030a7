"""Figure 5: what CLS attends to in the last layer, attention rollout, and a CNN's Grad-CAM."""

import numpy as np

from archdyn.numbers.published import read_published
from archdyn.pipeline.job import Job
from archdyn.plots.style import figure_file
from archdyn.plots.vit import attention_maps

with Job(snakemake) as job:
    names, classes, cnn = (job.read_json(name) for name in ("names", "classes", "cam_facts"))
    images, logits, attention, cams = (np.load(job.input[name]) for name in ("images", "logits", "attention", "cams"))
    heads = read_published(job.input.published, "figure5").set_index("image")["head"].to_dict()
    published = np.load(job.input.squashed), np.load(job.input.published_maps), heads
    with figure_file(job.output, f"{job.params.label} · CNN: {cnn['weights']}") as figure:
        attention_maps(figure, images, names, (logits, classes), attention, cams, cnn, published)
