"""Forward passes over many uint8 images, in the precision of the experiment."""

from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch import Tensor, nn

from archdyn.networks.pixels import on_device
from archdyn.networks.preprocessing import Preprocess

BATCH = 256

Forward = Callable[[Tensor], dict[str, Tensor]]  # by name, of uint8 images on the device


def autocast(device: torch.device, precision: str) -> torch.autocast:
    """Within it, products are of bfloat16 where the precision (float32, tf32, bfloat16) says so."""
    return torch.autocast(device.type, torch.bfloat16, enabled=precision == "bfloat16")


def batches(images: np.ndarray, device: torch.device, batch: int = BATCH) -> Iterator[Tensor]:
    """The images, copied to the device batch by batch."""
    for start in range(0, len(images), batch):
        yield on_device(images[start : start + batch], device)


def gathered(parts: list[dict[str, Tensor]]) -> dict[str, np.ndarray]:
    """The batches' tensors joined by name, as float32 arrays; the first that is read waits for the device."""
    return {name: torch.cat([part[name] for part in parts]).float().cpu().numpy() for name in parts[0]}


@torch.no_grad()
def forward_all(
    forward: Forward, images: np.ndarray, device: torch.device, precision: str = "float32", batch: int = BATCH
) -> dict[str, np.ndarray]:
    """What `forward` makes of uint8 images, batch by batch, joined by name as float32 arrays."""
    parts = []
    for pixels in batches(images, device, batch):
        with autocast(device, precision):
            parts.append(forward(pixels))
    return gathered(parts)


def predict(
    model: nn.Module, preprocess: Preprocess, images: np.ndarray, device: torch.device, precision: str = "float32"
) -> np.ndarray:
    """Logits float32 (n, classes) of uint8 images; the model stays in its mode."""
    return forward_all(lambda pixels: {"logits": model(preprocess(pixels))}, images, device, precision)["logits"]
