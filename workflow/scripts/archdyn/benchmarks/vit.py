"""The report's way of embedding by a vision transformer beside ours and beside bare forward passes, in one call."""

import time

import numpy as np
import timm
import torch
from torch.utils.data import DataLoader
from torchvision import transforms

from archdyn.benchmarks.timer import PerImageDataset, bare_ways, time_in_turn
from archdyn.embed.vit import embed, forward
from archdyn.models.backbones import Backbone
from archdyn.models.inference import BATCH
from archdyn.models.pixels import on_device

REPORT_BATCH = 64


def time_embedding(
    vit: Backbone, images: np.ndarray, preprocessing: dict, device: torch.device, precision: str, rounds: int
) -> list[dict]:
    """CLS, mean patch and logits of uint8 images (n, h, w[, 3]): the report's loop, ours, and those of `bare_ways`.

    Each is timed after a batch of warm-up. The bare passes see one preprocessed batch again and again; the others start
    and end with arrays on the host. Returns the rows of `time_in_turn`; a step is a batch of BATCH images.
    """
    batch = vit.preprocess(on_device(images[:BATCH], device))
    ways = {
        "report's loop": lambda images: _time_report_loop(vit, images, preprocessing, device),
        "archdyn": lambda images: _time_ours(vit, images, device, precision),
    } | bare_ways(vit.model, batch, precision)
    return time_in_turn(ways, images, BATCH, rounds)


@torch.inference_mode()
def _time_report_loop(vit: Backbone, images: np.ndarray, preprocessing: dict, device: torch.device) -> float:
    """Every image through PIL and timm's transforms in float32, and each batch's embeddings back to the host."""
    normalisation = {"mean": preprocessing["mean"], "std": preprocessing["sd"]}
    steps = timm.data.create_transform(
        preprocessing["size"], interpolation=preprocessing["interpolation"], crop_pct=1.0, **normalisation
    )
    colour = transforms.Lambda(lambda image: image.convert("RGB"))
    batches = DataLoader(PerImageDataset(images, [colour, steps]), REPORT_BATCH)
    forward(vit.model, next(iter(batches))[0].to(device))["logits"].cpu()
    start = time.perf_counter()
    for batch, _ in batches:
        for tensor in forward(vit.model, batch.to(device)).values():
            tensor.cpu()
    return time.perf_counter() - start


def _time_ours(vit: Backbone, images: np.ndarray, device: torch.device, precision: str) -> float:
    embed(vit, images[:BATCH], device, precision)
    start = time.perf_counter()
    embed(vit, images, device, precision)
    return time.perf_counter() - start
