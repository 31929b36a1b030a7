"""Features and logits of images under the trained classifier."""

from pathlib import Path

import numpy as np
import torch

from archdyn.models.checkpoint import load_weights, read_settings
from archdyn.models.classifier import Classifier
from archdyn.models.pixels import on_device, to_unit

BATCH = 1000


def load_classifier(path: Path, device: torch.device) -> Classifier:
    """The classifier of a checkpoint, in eval mode."""
    settings = read_settings(path)
    model = Classifier(tuple(settings["shape"]), settings["classes"])
    return load_weights(path, "classifier", model).to(device).eval()


@torch.no_grad()
def embed_images(model: Classifier, images: np.ndarray, device: torch.device) -> tuple[np.ndarray, np.ndarray]:
    """Features float32 (n, 128) of length 1 and logits float32 (n, classes) of uint8 images."""
    pairs = []
    for start in range(0, len(images), BATCH):
        pairs.append(model.embed(to_unit(on_device(images[start : start + BATCH], device))))
    features, logits = (torch.cat(parts).cpu().numpy() for parts in zip(*pairs, strict=True))
    return features, logits
