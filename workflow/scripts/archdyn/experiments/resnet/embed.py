"""Embeddings of images in a convolutional network, by stage, from one forward pass."""

import random

import numpy as np
import torch
from torch import Tensor, nn

from archdyn.networks.backbones import Backbone
from archdyn.networks.inference import BATCH, forward_all
from archdyn.networks.seeds import seed_everything
from archdyn.networks.stages import stages

LAYERS = ("layer1", "layer2", "layer3", "penultimate")
SEED = 42  # of the report's 1,000 images


def draw_rows(available: int, n: int) -> np.ndarray:
    """Row numbers of at most `n` random images, shuffled by Python's own generator, as the report's are."""
    rows = list(range(available))
    random.Random(SEED).shuffle(rows)
    return np.array(rows[:n])


def embed_penultimate(
    backbone: Backbone, images: np.ndarray, device: torch.device, precision: str = "float32", batch: int = BATCH
) -> np.ndarray:
    """Globally average-pooled features before the head, float32 (n, d), of uint8 images."""

    def forward(pixels: Tensor) -> dict[str, Tensor]:
        return {"penultimate": _penultimate(backbone.model, backbone.preprocess(pixels))}

    return forward_all(forward, images, device, precision, batch)["penultimate"]


def embed_layers(
    backbone: Backbone, images: np.ndarray, device: torch.device, precision: str = "float32", batch: int = BATCH
) -> dict[str, np.ndarray]:
    """The output of layer1, layer2 and layer3, averaged over the positions, and the penultimate features.

    float32 (n, d) each, with d = 256, 512, 1024 and 2048 for ResNet-152 (Figure 1). In other networks than a ResNet,
    the layers are the stages of the same resolution (archdyn.networks.stages).
    """

    def forward(pixels: Tensor) -> dict[str, Tensor]:
        return _layers(backbone.model, backbone.preprocess(pixels))

    return forward_all(forward, images, device, precision, batch)


def untrained_answers(features: np.ndarray, classes: int, seeds: list[int]) -> np.ndarray:
    """What heads that were never trained answer, int64 (seeds, n), to features float32 (n, d); each seed draws one."""
    answers = []
    for seed in seeds:
        seed_everything(seed)
        head = nn.Linear(features.shape[1], classes)
        with torch.no_grad():
            answers.append(head(torch.from_numpy(features)).argmax(1).numpy())
    return np.stack(answers)


def _layers(model: nn.Module, pixels: Tensor) -> dict[str, Tensor]:
    pooled: dict[str, Tensor] = {}
    hooks = [
        stages(model)[name][-1].register_forward_hook(
            lambda module, inputs, output, name=name: pooled.update({name: output.mean((2, 3))})
        )
        for name in LAYERS[:-1]
    ]
    try:
        penultimate = _penultimate(model, pixels)
    finally:
        for hook in hooks:
            hook.remove()
    return pooled | {"penultimate": penultimate}


def _penultimate(model: nn.Module, pixels: Tensor) -> Tensor:
    return model.forward_head(model.forward_features(pixels), pre_logits=True)
