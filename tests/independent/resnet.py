"""Section 2 once more, in plain PyTorch and timm: Table 3's new head on a frozen network, and all of it from scratch.

python tests/independent/resnet.py results/RUN prints, as JSON, a list over other seeds by condition and metric.
"""

from functools import partial
from pathlib import Path

import numpy as np
import timm
import torch
from common import Values, checkpoint, over_seeds, pixels, record_of, tell, weights_of
from torch import nn
from torch.nn.functional import cross_entropy

SEEDS = range(100, 105)


def network(file: Path, classes: int, pretrained: bool) -> tuple[nn.Module, dict]:
    """The network of a checkpoint with a new head, with its weights or with new ones, and its preprocessing."""
    settings, weights = checkpoint(file)
    model = timm.create_model(settings["model"], num_classes=len(settings["classes"]), **settings["arguments"])
    if pretrained:
        model.load_state_dict(weights)
    model.reset_classifier(classes)
    return model, settings["preprocessing"]


def train(data: dict[str, np.ndarray], file: Path, settings: dict, seed: int) -> dict[str, float]:
    torch.manual_seed(seed)
    labels, answers = (torch.from_numpy(data[f"{split}_labels"]).long() for split in ("train", "test"))
    model, preprocessing = network(file, int(labels.max()) + 1, settings["init"] == "pretrained")
    seen = preprocessing | {"size": settings["size"]}
    images, held_out = (pixels(data[f"{split}_images"], seen) for split in ("train", "test"))
    learning = model.get_classifier().parameters() if settings["trainable"] == "head" else model.parameters()
    model.requires_grad_(False)
    learning = [parameter.requires_grad_() for parameter in learning]
    adam = torch.optim.Adam(learning, settings["learning_rate"])
    for _ in range(settings["epochs"]):
        right = 0
        model.train()  # the frozen layers' BatchNorm too, as the report has it
        for rows in torch.randperm(len(images)).split(settings["batch_size"]):
            logits = model(images[rows])
            adam.zero_grad()
            cross_entropy(logits, labels[rows]).backward()
            adam.step()
            right += int((logits.argmax(1) == labels[rows]).sum())
    with torch.no_grad():
        answered = torch.cat([model.eval()(batch).argmax(1) for batch in held_out.split(200)])
    return {"train_accuracy": right / len(images), "test_accuracy": float((answered == answers).float().mean())}


def values(run: Path) -> Values:
    found = {}
    for condition in ("head_published", "random_published"):
        record = record_of(run, f"resnet/models/{condition}_seed0")
        data = {name: np.load(file) for name, file in record["arrays"].items()}
        for split, images in (("train", "images"), ("test", "test_images")):
            for kind in ("images", "labels"):
                data[f"{split}_{kind}"] = data[f"{split}_{kind}"][: record["params"][images]]
        end = partial(train, data, weights_of(run, record), record["params"]["training"])
        found[condition] = over_seeds(end, SEEDS)
    return found


if __name__ == "__main__":
    tell(values)
