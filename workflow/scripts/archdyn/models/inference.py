"""Forward passes over many uint8 images, in the precision of the experiment."""

from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch import Tensor, nn

from archdyn.models.pixels import on_device
from archdyn.models.preprocessing import Preprocess

BATCH = 256


def autocast(device: torch.device, precision: str) -> torch.autocast:
    """Within it, products are of bfloat16 where the precision (float32, tf32, bfloat16, compiled) says so."""
    return torch.autocast(device.type, torch.bfloat16, enabled=precision in ("bfloat16", "compiled"))


def in_precision(
    forward: Callable[[Tensor], dict[str, Tensor]], device: torch.device, precision: str
) -> Callable[[Tensor], dict[str, Tensor]]:
    """`forward`, tensors by name of pixels (n, 3, size, size), in the precision.

    `compiled` fuses it by torch.compile on a GPU. There, what has fewer images than a batch is filled up, since every
    number of them would be compiled anew.
    """

    def run(pixels: Tensor) -> dict[str, Tensor]:
        with autocast(device, precision):
            return forward(pixels)

    if precision != "compiled" or device.type != "cuda":
        return run
    compiled = torch.compile(run, dynamic=False)

    def run_whole(pixels: Tensor) -> dict[str, Tensor]:
        n = len(pixels)
        whole = torch.cat([pixels, pixels[:1].expand(BATCH - n, -1, -1, -1)]) if n < BATCH else pixels
        outputs = compiled(whole.contiguous(memory_format=torch.channels_last))
        return {name: tensor[:n] for name, tensor in outputs.items()}

    return run_whole


def batches(images: np.ndarray, device: torch.device) -> Iterator[Tensor]:
    """The images, copied to the device batch by batch."""
    for start in range(0, len(images), BATCH):
        yield on_device(images[start : start + BATCH], device)


def gathered(parts: list[dict[str, Tensor]]) -> dict[str, np.ndarray]:
    """The batches' tensors joined by name, as float32 arrays; the first that is read waits for the device."""
    return {name: torch.cat([part[name] for part in parts]).float().cpu().numpy() for name in parts[0]}


@torch.no_grad()
def predict(
    model: nn.Module, preprocess: Preprocess, images: np.ndarray, device: torch.device, precision: str = "float32"
) -> np.ndarray:
    """Logits float32 (n, classes) of uint8 images; the model stays in its mode. What is compiled is embedding alone."""
    parts = []
    for batch in batches(images, device):
        with autocast(device, precision):
            parts.append({"logits": model(preprocess(batch))})
    return gathered(parts)["logits"]
