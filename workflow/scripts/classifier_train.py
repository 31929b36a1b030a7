"""Train the classifier that judges generated images, and score it on the test images."""

import numpy as np

from archdyn.metrics.tidy import tidy
from archdyn.models.checkpoint import save_checkpoint
from archdyn.pipeline.job import Job
from archdyn.settings.common import ClassifierTraining
from archdyn.train.classifier import train_classifier

with Job(snakemake) as job:
    device = job.device()
    job.seed_everything()
    names = ("train_images", "train_labels", "test_images", "test_labels")
    arrays = {name: np.load(job.input[name]) for name in names}
    training = ClassifierTraining.model_validate(job.params.settings)
    model, epochs = train_classifier(arrays, training, device, job.progress, job.interruption())
    settings = {"shape": model.shape, "classes": model.classes}
    save_checkpoint(job.output.model, {"classifier": model}, settings)
    values = {"classifier_accuracy": epochs[-1]["test_accuracy"]}
    tidy(job.wildcards["experiment"], "classifier", job.seed, values).to_csv(job.output.metrics, index=False)
