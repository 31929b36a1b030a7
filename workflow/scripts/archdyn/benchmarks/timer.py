"""Ways of doing the same work, timed in turn, and the report's way of reading images."""

import time
from collections.abc import Callable

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.utils.data import Dataset
from torchvision import transforms

from archdyn.models.inference import autocast, halved

GPU_IMAGES = 16384


def time_in_turn(
    ways: dict[str, Callable[[np.ndarray], float]], images: np.ndarray, batch_size: int, rounds: int
) -> list[dict]:
    """A row per round and way: `way`, `round`, `ms_per_step`, `images_per_s`.

    Each way takes the images and returns the seconds of one epoch.
    """
    steps = -(-len(images) // batch_size)
    rows = []
    for number in range(1, rounds + 1):
        for way, time_epoch in ways.items():
            seconds = time_epoch(images)
            pace = {"ms_per_step": 1000 * seconds / steps, "images_per_s": len(images) / seconds}
            rows.append({"way": way, "round": number} | pace)
    return rows


def enough(images: np.ndarray, device: torch.device) -> np.ndarray:
    """The images; for a GPU at least GPU_IMAGES, by repetition, since hundreds take it a tenth of a second."""
    return np.resize(images, (max(len(images), GPU_IMAGES), *images.shape[1:])) if device.type == "cuda" else images


def bare_ways(model: nn.Module, batch: Tensor, precision: str) -> dict[str, Callable]:
    """Ways for `time_in_turn` that bound an embedding by `model`: its forward pass on one batch, ready on the device.

    In the given precision; on a GPU also `halved`, as it is and compiled, which takes a quarter of a minute.
    """

    def in_precision(pixels: Tensor) -> Tensor:
        with autocast(pixels.device, precision):
            return model(pixels)

    ways = {"bare forward pass": _passes(in_precision, batch)}
    if batch.is_cuda:
        half = halved(model)
        ways["all in bfloat16"] = _passes(half, batch.bfloat16())
        ways["all in bfloat16, compiled"] = _passes(torch.compile(half), batch.bfloat16())
    return ways


def _passes(forward: Callable[[Tensor], Tensor], batch: Tensor) -> Callable:
    """A way that runs `forward` on whole batches, after one to warm up: seconds for as many images as there are."""

    @torch.no_grad()
    def timed(images: np.ndarray) -> float:
        batches = -(-len(images) // len(batch))
        forward(batch).cpu()
        start = time.perf_counter()
        for _ in range(batches):
            logits = forward(batch)
        logits.cpu()  # waits for the device
        return (time.perf_counter() - start) * len(images) / (batches * len(batch))

    return timed


class PerImageDataset(Dataset):
    """Image by image through PIL and torchvision's transforms, as torchvision's own MNIST does it."""

    def __init__(self, images: np.ndarray, steps: list[Callable]):
        self.images = torch.from_numpy(images)
        self.transform = transforms.Compose(steps)

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, number: int) -> tuple[Tensor, int]:
        return self.transform(Image.fromarray(self.images[number].numpy())), 0
