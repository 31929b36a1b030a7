"""Which images every training is right on, and whether what it confuses is what looks alike to it."""

import numpy as np
import pandas as pd

from archdyn.experiments.resnet.metrics import class_similarity, confusion, confusion_similarity
from archdyn.measures.tidy import per_image, tidy
from archdyn.render.published import read_json
from archdyn.workflow.job import Job

with Job(snakemake) as job:
    labels, features = np.load(job.input.test_labels), np.load(job.input.features)
    classes = len(read_json(job.input.classes))
    similarity = class_similarity(features, labels[: len(features)], classes)
    tested, validated, confused = [], [], []
    for (condition, seed), file in zip(job.params.repetitions, job.input.logits, strict=True):
        logits = np.load(file)
        right = logits.argmax(1) == labels[: len(logits)]
        tested.append(per_image(condition, seed, {"test_accuracy": right}))
        if condition in job.params.validated:
            first = round(len(right) * job.params.validated[condition])
            validated.append(per_image(condition, seed, {"val_accuracy": right[:first]}))
        if condition in job.params.confused:
            counts = confusion(logits, labels[: len(logits)], classes)
            found = confusion_similarity(counts, similarity)
            confused.append(tidy("resnet", condition, seed, {"confusion_similarity": found}))
    pd.concat(tested).to_csv(job.output.test_images, index=False)
    pd.concat(validated).to_csv(job.output.validated_images, index=False)
    pd.concat(confused).to_csv(job.output.metrics, index=False)
