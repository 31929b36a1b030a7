"""Train the classifier that judges generated images, score it on the test images, and embed the real images by it."""

import numpy as np

from archdyn.measures.tidy import tidy
from archdyn.networks.checkpoint import save_checkpoint
from archdyn.networks.classifier import embed_images
from archdyn.networks.classifier_training import check_judge, train_classifier
from archdyn.networks.device import pick_device
from archdyn.networks.seeds import seed_everything
from archdyn.render.published import read_json
from archdyn.settings.common import ClassifierTraining
from archdyn.workflow.job import Job

with Job(snakemake) as job:
    device = job.uses(pick_device(job.params.device, job.threads))
    seed_everything(job.seed)
    names = ("train_images", "train_labels", "test_images", "test_labels")
    arrays = {name: np.load(job.input[name]) for name in names}
    training = ClassifierTraining.model_validate(job.params.settings)
    classes = len(read_json(job.input.classes))
    model, epochs = train_classifier(arrays, classes, training, device, job.progress, job.interruption())
    check_judge(epochs[-1]["test_accuracy"], arrays["test_labels"])
    settings = {"shape": model.shape, "classes": model.classes}
    save_checkpoint(job.output.model, {"classifier": model}, settings)
    values = {"classifier_accuracy": epochs[-1]["test_accuracy"]}
    tidy(job.wildcards["experiment"], "classifier", job.seed, values).to_csv(job.output.metrics, index=False)
    for split in ("train", "test"):
        features, logits = embed_images(model, arrays[f"{split}_images"], device)
        np.save(getattr(job.output, f"{split}_features"), features)
        np.save(getattr(job.output, f"{split}_logits"), logits)
