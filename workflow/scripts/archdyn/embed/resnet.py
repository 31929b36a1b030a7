"""Embeddings of images in a ResNet, by layer, from one forward pass."""

import numpy as np
import torch
from torch import Tensor

from archdyn.models.backbones import Backbone
from archdyn.models.inference import BATCH
from archdyn.models.pixels import on_device

LAYERS = ("layer1", "layer2", "layer3", "penultimate")
SEED = 42  # of the report's 1,000 images


def draw_rows(available: int, n: int) -> np.ndarray:
    """Row numbers of at most `n` random images, in order."""
    return np.sort(np.random.default_rng(SEED).permutation(available)[:n])


@torch.no_grad()
def embed_penultimate(
    backbone: Backbone, images: np.ndarray, device: torch.device, precision: str = "float32"
) -> np.ndarray:
    """Globally average-pooled features before the head, float32 (n, d), of uint8 images."""
    return np.concatenate([_pooled_features(backbone, batch, precision) for batch in _batches(images, device)])


@torch.no_grad()
def embed_layers(
    backbone: Backbone, images: np.ndarray, device: torch.device, precision: str = "float32"
) -> dict[str, np.ndarray]:
    """The output of layer1, layer2 and layer3, averaged over the positions, and the penultimate features.

    float32 (n, d) each, with d = 256, 512, 1024 and 2048 for ResNet-152 (Figure 1).
    """
    pooled: dict[str, list[np.ndarray]] = {name: [] for name in LAYERS}
    hooks = [
        getattr(backbone.model, name).register_forward_hook(
            lambda module, inputs, output, name=name: pooled[name].append(_to_numpy(output.mean((2, 3))))
        )
        for name in LAYERS[:-1]
    ]
    try:
        for batch in _batches(images, device):
            pooled["penultimate"].append(_pooled_features(backbone, batch, precision))
    finally:
        for hook in hooks:
            hook.remove()
    return {name: np.concatenate(parts) for name, parts in pooled.items()}


def _pooled_features(backbone: Backbone, batch: Tensor, precision: str) -> np.ndarray:
    with torch.autocast(batch.device.type, torch.bfloat16, enabled=precision == "bfloat16"):
        features = backbone.model.forward_features(backbone.preprocess(batch))
        return _to_numpy(backbone.model.forward_head(features, pre_logits=True))


def _batches(images: np.ndarray, device: torch.device):
    for start in range(0, len(images), BATCH):
        yield on_device(images[start : start + BATCH], device)


def _to_numpy(tensor: Tensor) -> np.ndarray:
    return tensor.float().cpu().numpy()
