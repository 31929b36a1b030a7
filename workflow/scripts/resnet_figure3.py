"""Figure 3: what an untrained head and the trained one confuse, and how similar the classes are."""

import numpy as np

from archdyn.metrics.resnet import class_similarity, confusion
from archdyn.pipeline.job import Job
from archdyn.plots.resnet import confusion_and_similarity
from archdyn.plots.style import figure_file

with Job(snakemake) as job, figure_file(job.output, job.params.label) as figure:
    classes = job.read_json("classes")
    labels = np.load(job.input.labels)
    files = {
        "as published, untrained head": (job.input.untrained_features, job.input.untrained_logits),
        "corrected, trained head": (job.input.features, job.input.logits[0]),
    }
    heads = {}
    for name, (features, logits) in files.items():
        embeddings, answers = np.load(features), np.load(logits)
        of_head = labels[: len(answers)], len(classes)
        heads[name] = confusion(answers, *of_head), class_similarity(embeddings, *of_head)
    confusion_and_similarity(figure, heads, classes)
