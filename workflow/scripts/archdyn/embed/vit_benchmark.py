"""How fast embeddings are made: the bare forward pass, our way, and the report's image by image, in one call."""

import time

import numpy as np
import timm
import torch
from torch.utils.data import DataLoader
from torchvision import transforms

from archdyn.embed.vit import BATCH, PRECISION, embed, forward
from archdyn.models.backbones import Backbone
from archdyn.models.images import on_device
from archdyn.train.benchmark import PerImageDataset, time_in_turn

REPORT_BATCH = 64


def time_embedding(
    vit: Backbone, images: np.ndarray, preprocessing: dict, device: torch.device, precision: str, rounds: int
) -> list[dict]:
    """Time all three ways in turn on uint8 images (n, h, w[, 3]), each after a batch of warm-up.

    The bare pass sees one preprocessed batch again and again; ours starts and ends with arrays on the host.
    Returns the rows of `time_in_turn`; a step is a batch of BATCH images.
    """
    ways = {
        "bare forward pass": lambda images, *_: _time_bare(vit, images, device, precision),
        "archdyn": lambda images, *_: _time_ours(vit, images, device, precision),
        "image by image": lambda images, *_: _time_report_loop(vit, images, preprocessing, device, precision),
    }
    return time_in_turn(ways, images, {"batch_size": BATCH}, device, rounds)


def _time_ours(vit: Backbone, images: np.ndarray, device: torch.device, precision: str) -> float:
    embed(vit, images[:BATCH], device, precision)
    start = time.perf_counter()
    embed(vit, images, device, precision)
    return time.perf_counter() - start


@torch.inference_mode()
def _time_bare(vit: Backbone, images: np.ndarray, device: torch.device, precision: str) -> float:
    batch = vit.preprocess(on_device(images[:BATCH], device))
    with torch.autocast(device.type, PRECISION[precision], enabled=precision != "float32"):
        forward(vit, batch)["logits"].cpu()
        start = time.perf_counter()
        for first in range(0, len(images), BATCH):
            logits = forward(vit, batch[: len(images) - first])["logits"]
        logits.cpu()  # waits for the device
    return time.perf_counter() - start


@torch.inference_mode()
def _time_report_loop(
    vit: Backbone, images: np.ndarray, preprocessing: dict, device: torch.device, precision: str
) -> float:
    """Every image through PIL and timm's transforms, and each batch's embeddings back to the host."""
    size = preprocessing["size"]
    steps = timm.data.create_transform(
        (3, size, size),
        interpolation=preprocessing["interpolation"],
        mean=preprocessing["mean"],
        std=preprocessing["sd"],
        crop_pct=1.0,
    )
    colour = transforms.Lambda(lambda image: image.convert("RGB"))
    batches = DataLoader(PerImageDataset(images, [colour, steps]), REPORT_BATCH)
    start = time.perf_counter()
    with torch.autocast(device.type, PRECISION[precision], enabled=precision != "float32"):
        for batch, _ in batches:
            {name: array.float().cpu().numpy() for name, array in forward(vit, batch.to(device)).items()}
    return time.perf_counter() - start
