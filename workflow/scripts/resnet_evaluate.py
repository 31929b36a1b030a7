"""Score the trainings, image by image too, and set what heads confuse beside how similar the classes are."""

import numpy as np
import pandas as pd

from archdyn.experiments.resnet.confusions import class_similarity, confusion, printed_confusion
from archdyn.experiments.resnet.metrics import confusion_metrics, run_rows
from archdyn.measures.tidy import per_image, tidy
from archdyn.render.published import read_json, read_published
from archdyn.workflow.job import Job

with Job(snakemake) as job:
    labels, classes = np.load(job.input.test_labels), read_json(job.input.classes)
    embeddings = np.load(job.input.features), np.load(job.input.untrained_features)
    similar, untrained_similar = (class_similarity(found, labels[: len(found)], len(classes)) for found in embeddings)
    rows, tested, validated = [], [], []
    files = zip(job.params.repetitions, job.input.epochs, job.input.logits, strict=True)
    for (condition, seed), epochs, file in files:
        logits = np.load(file)
        answers = logits.argmax(1)
        right = answers == labels[: len(answers)]
        rows.append(run_rows(pd.read_csv(epochs), logits, labels))
        tested.append(per_image(condition, seed, {"test_accuracy": right}))
        if condition in job.params.validated:
            first = round(len(right) * job.params.validated[condition])
            validated.append(per_image(condition, seed, {"val_accuracy": right[:first]}))
        if condition == job.params.confused:
            counts = confusion(answers, labels[: len(answers)], len(classes))
            rows.append(tidy("resnet", condition, seed, confusion_metrics(counts, similar, seed)))
    for seed, answers in zip(job.params.seeds, np.load(job.input.untrained_answers), strict=True):
        counts = confusion(answers, labels[: len(answers)], len(classes))
        rows.append(tidy("resnet", "untrained", seed, confusion_metrics(counts, untrained_similar, seed)))
    if (printed := printed_confusion(read_published(job.input.published, "figure3"), classes)) is not None:
        values = confusion_metrics(printed, untrained_similar, job.params.seeds[0])
        rows.append(tidy("resnet", "untrained_report", job.params.seeds[0], values))
    pd.concat(rows).to_csv(job.output.metrics, index=False)
    pd.concat(tested).to_csv(job.output.test_images, index=False)
    pd.concat(validated).to_csv(job.output.validated_images, index=False)
