"""Section 2 once more, in plain PyTorch and timm: Table 3's new head on a frozen network, and all of it from scratch.

python tests/independent/resnet.py results/RUN prints, as JSON, a list over other seeds by condition and metric.
"""

import json
import sys
from pathlib import Path

import numpy as np
import timm
import torch
from safetensors import safe_open
from torch import nn
from torch.nn.functional import cross_entropy
from torchvision.transforms.v2 import InterpolationMode, Normalize, Resize

SEEDS = range(100, 105)


def network(file: Path, classes: int, pretrained: bool) -> tuple[nn.Module, dict]:
    """The network of a checkpoint with a new head, with its weights or with new ones, and its preprocessing."""
    with safe_open(file, "pt") as checkpoint:
        settings = json.loads(checkpoint.metadata()["settings"])
        state = {name.removeprefix("backbone."): checkpoint.get_tensor(name) for name in checkpoint.keys()}  # noqa: SIM118
    model = timm.create_model(settings["model"], num_classes=len(settings["classes"]), **settings["arguments"])
    if pretrained:
        model.load_state_dict(state)
    model.reset_classifier(classes)
    return model, settings["preprocessing"]


def pixels(images: np.ndarray, size: int, preprocessing: dict) -> torch.Tensor:
    colour = images if images.ndim == 4 else np.repeat(images[..., None], 3, axis=-1)
    unit = torch.from_numpy(colour).permute(0, 3, 1, 2) / 255
    resize = Resize((size, size), InterpolationMode(preprocessing["interpolation"]), antialias=True)
    return Normalize(preprocessing["mean"], preprocessing["sd"])(resize(unit).clamp(0, 1))


def train(data: dict[str, np.ndarray], file: Path, settings: dict, seed: int) -> dict[str, float]:
    torch.manual_seed(seed)
    labels, answers = (torch.from_numpy(data[f"{split}_labels"]).long() for split in ("train", "test"))
    model, preprocessing = network(file, int(labels.max()) + 1, settings["init"] == "pretrained")
    images, held_out = (pixels(data[f"{split}_images"], settings["size"], preprocessing) for split in ("train", "test"))
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


def values(run: Path) -> dict[str, dict[str, list[float]]]:
    found = {}
    for condition in ("head_published", "random_published"):
        record = json.loads((run / f"resnet/models/{condition}_seed0.provenance.json").read_text())
        (file,) = [run.parents[1] / name for name in record["inputs"] if name.endswith(".safetensors")]
        data = {Path(name).stem: np.load(run.parents[1] / name) for name in record["inputs"] if name.endswith(".npy")}
        for split, images in (("train", "images"), ("test", "test_images")):
            for kind in ("images", "labels"):
                data[f"{split}_{kind}"] = data[f"{split}_{kind}"][: record["params"][images]]
        runs = [train(data, file, record["params"]["training"], seed) for seed in SEEDS]
        found[condition] = {metric: [each[metric] for each in runs] for metric in runs[0]}
    return found


if __name__ == "__main__":
    print(json.dumps(values(Path(sys.argv[1]))))
