"""A ViT's answers and attention as figures and tables show them, and the names of its masks and probes.

Apart from metrics.py, whose fits and tests take seconds to import.
"""

import numpy as np
from scipy.special import softmax

from archdyn.experiments.vit.masks import grid_side

PROBES = {"cls": "CLS", "mean_patch": "mean of patches", "both": "CLS and mean"}  # what a probe sees, in words
WAYS = {"pixels": "black pixels", "tokens": "dropped tokens"}  # how patches are masked, in words


def short_name(name: str) -> str:
    """The first of a class's names: ImageNet's are lists of synonyms."""
    return name.split(",")[0]


def likeliest(logits: np.ndarray, classes: list[str], k: int = 1) -> list[tuple[str, float]]:
    """The `k` likeliest classes by an image's logits (classes,), likeliest first: first names and probabilities."""
    order = np.argsort(-logits, kind="stable")[:k]
    probabilities = softmax(logits.astype(np.float64))
    return [(short_name(classes[number]), probabilities[number]) for number in order]


def cls_maps(attention: np.ndarray) -> np.ndarray:
    """What CLS attends to among the patches: (..., tokens, tokens) -> (..., side, side)."""
    patches = attention[..., 0, 1:]
    side = grid_side(patches)
    return patches.reshape(*patches.shape[:-1], side, side)


def rollout(attention: np.ndarray) -> np.ndarray:
    """Attention rollout (Abnar and Zuidema 2020): (n, layers, heads, tokens, tokens) -> (n, tokens, tokens).

    Heads are averaged; a layer passes on half of its attention and half of the residual; layers are multiplied.
    Row i says how much token i of the last layer holds of each input token, and sums to 1.
    """
    layers = attention.mean(2)
    layers = (layers + np.eye(layers.shape[-1])) / 2
    layers /= layers.sum(-1, keepdims=True)
    rolled = layers[:, 0]
    for layer in range(1, layers.shape[1]):
        rolled = layers[:, layer] @ rolled
    return rolled


def mask_name(shape: str, way: str, fraction: float) -> str:
    """The condition of a mask, say random_pixels_30, or block_pixels for the report's block; `whole` without one."""
    if shape == "whole":
        return shape
    return f"{shape}_{way}" if shape.startswith("block") else f"{shape}_{way}_{100 * fraction:g}"
