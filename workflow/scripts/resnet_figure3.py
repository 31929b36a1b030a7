"""Figure 3: what the trained head confuses, and how similar the classes are."""

import numpy as np

from archdyn.metrics.resnet import class_similarity, confusion
from archdyn.pipeline.job import Job
from archdyn.plots.resnet import confusion_and_similarity
from archdyn.plots.style import figure_file

with Job(snakemake) as job, figure_file(job.output, job.params.label) as figure:
    classes = job.read_json("classes")
    features, logits = np.load(job.input.features), np.load(job.input.logits[0])
    labels = np.load(job.input.labels)[: len(logits)]
    counts = confusion(logits, labels, len(classes))
    confusion_and_similarity(figure, counts, class_similarity(features, labels, len(classes)), classes)
