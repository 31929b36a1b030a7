"""Features and logits of images under the trained classifier."""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from archdyn.models.checkpoint import load_weights, read_settings
from archdyn.models.classifier import Classifier

BATCH = 1000


def load_classifier(path: Path, device: torch.device) -> Classifier:
    """The classifier of a checkpoint, in eval mode."""
    settings = read_settings(path)
    model = Classifier(tuple(settings["shape"]), settings["classes"])
    return load_weights(path, "classifier", model).to(device).eval()


def classifier_input(images: Tensor) -> Tensor:
    """uint8 (n, h, w) or (n, h, w, channels) -> float32 (n, channels, h, w) in [0, 1]."""
    channels_first = images.unsqueeze(1) if images.ndim == 3 else images.permute(0, 3, 1, 2)
    return channels_first.float().div(255)


@torch.no_grad()
def embed_images(model: Classifier, images: np.ndarray, device: torch.device) -> tuple[np.ndarray, np.ndarray]:
    """Features float32 (n, 128) of length 1 and logits float32 (n, classes) of uint8 images."""
    pairs = []
    for start in range(0, len(images), BATCH):
        batch = torch.from_numpy(np.ascontiguousarray(images[start : start + BATCH])).to(device)
        pairs.append(model.embed(classifier_input(batch)))
    features, logits = (torch.cat(parts).cpu().numpy() for parts in zip(*pairs, strict=True))
    return features, logits
