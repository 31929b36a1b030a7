"""A small CNN that judges generated images: which class, and in which feature space distances are taken."""

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import normalize, relu

from archdyn.networks.checkpoint import load_weights, read_settings
from archdyn.networks.pixels import on_device, to_unit

PIXELS = 1000 * 28 * 28  # in a batch, whatever the size of the images


class Classifier(nn.Module):
    """Images (n, channels, h, w) in [0, 1] -> logits (n, classes)."""

    def __init__(self, shape: tuple[int, ...], classes: int):
        super().__init__()
        self.shape, self.classes = shape, classes
        channels, height, width = shape
        self.body = nn.Sequential(
            nn.Conv2d(channels, 16, 5, stride=2, padding=2, bias=False),
            *_norm_relu(16),
            nn.Conv2d(16, 32, 3, padding=1, bias=False),
            *_norm_relu(32),
            nn.MaxPool2d(2, ceil_mode=True),
            nn.Conv2d(32, 64, 3, padding=1, bias=False),
            *_norm_relu(64),
            nn.Flatten(),
            nn.Linear(64 * -(-height // 4) * -(-width // 4), 128),
        )
        self.head = nn.Linear(128, classes)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(relu(self.body(x)))

    def embed(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Features (n, 128) of length 1, and logits (n, classes).

        Without the scaling, noise has small activations that fall among the real data's widest neighbourhoods, and
        even a collapsed generator gets a precision of 1.
        """
        activations = self.body(x)
        return normalize(activations), self.head(relu(activations))


def load_classifier(path: Path, device: torch.device) -> Classifier:
    """The classifier of a checkpoint, in eval mode."""
    settings = read_settings(path)
    model = Classifier(tuple(settings["shape"]), settings["classes"])
    return load_weights(path, "classifier", model).to(device).eval()


@torch.no_grad()
def embed_images(model: Classifier, images: np.ndarray, device: torch.device) -> tuple[np.ndarray, np.ndarray]:
    """Features float32 (n, 128) of length 1 and logits float32 (n, classes) of uint8 images."""
    pairs = [model.embed(batch) for batch in unit_batches(images, device)]
    features, logits = (torch.cat(parts).cpu().numpy() for parts in zip(*pairs, strict=True))
    return features, logits


def unit_batches(images: np.ndarray, device: torch.device) -> Iterator[Tensor]:
    """The uint8 images as float32 (n, channels, h, w) in [0, 1], batch by batch."""
    size = max(1, PIXELS // math.prod(images.shape[1:3]))
    for start in range(0, len(images), size):
        yield to_unit(on_device(images[start : start + size], device))


def _norm_relu(channels: int) -> tuple[nn.Module, nn.Module]:
    return nn.BatchNorm2d(channels), nn.ReLU()
