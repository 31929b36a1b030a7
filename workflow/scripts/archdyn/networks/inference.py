"""Forward passes over many uint8 images, in the precision of the experiment."""

import copy
from collections.abc import Callable, Iterator
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from archdyn.networks.pixels import on_device
from archdyn.networks.preprocessing import Preprocess

BATCH = 256

Forward = Callable[[nn.Module, Tensor], dict[str, Tensor]]  # by name, of pixels (n, 3, size, size)


def autocast(device: torch.device, precision: str) -> torch.autocast:
    """Within it, products are of bfloat16 where the precision (float32, tf32, bfloat16, compiled) says so."""
    return torch.autocast(device.type, torch.bfloat16, enabled=precision in ("bfloat16", "compiled"))


def in_precision(
    model: nn.Module, forward: Forward, device: torch.device, precision: str, batch: int = BATCH
) -> Callable[[Tensor], dict[str, Tensor]]:
    """`forward` of a model in eval mode, in the precision; `compiled` is `compiled_in_half` on a GPU, else bfloat16."""
    if precision == "compiled" and device.type == "cuda":
        return compiled_in_half(model, forward, batch)

    def run(pixels: Tensor) -> dict[str, Tensor]:
        with autocast(device, precision):
            return forward(model, pixels)

    return run


def compiled_in_half(model: nn.Module, forward: Forward, batch: int) -> Callable[[Tensor], dict[str, Tensor]]:
    """`forward` of the model's `halved` copy, fused by torch.compile.

    What has fewer images than a batch is filled up, since every number of them would be compiled anew.
    """
    half = halved(model)
    compiled = torch.compile(lambda pixels: forward(half, pixels), dynamic=False)

    def run(pixels: Tensor) -> dict[str, Tensor]:
        n = len(pixels)
        whole = torch.cat([pixels, pixels[:1].expand(batch - n, -1, -1, -1)]) if n < batch else pixels
        outputs = compiled(whole.to(torch.bfloat16, memory_format=torch.channels_last))
        return {name: tensor[:n] for name, tensor in outputs.items()}

    return run


def halved(model: nn.Module) -> nn.Module:
    """A copy of a model in eval mode with weights of bfloat16, after `fold`."""
    return fold(copy.deepcopy(model)).to(torch.bfloat16, memory_format=torch.channels_last)


def fold(model: nn.Module) -> nn.Module:
    """Fold each BatchNorm of a model in eval mode into the convolution that stands before it, in place.

    In our CNNs, what stands before it is what it is called on. Of timm's BatchNorm with an activation, that is left.
    """
    for block in list(model.modules()):
        for (name, first), (after, second) in pairwise(list(block.named_children())):
            if isinstance(first, nn.Conv2d) and isinstance(second, nn.BatchNorm2d):
                setattr(block, name, fuse_conv_bn_eval(first, second))
                setattr(block, after, getattr(second, "act", nn.Identity()))
    return model


def batches(images: np.ndarray, device: torch.device, batch: int = BATCH) -> Iterator[Tensor]:
    """The images, copied to the device batch by batch."""
    for start in range(0, len(images), batch):
        yield on_device(images[start : start + batch], device)


def gathered(parts: list[dict[str, Tensor]]) -> dict[str, np.ndarray]:
    """The batches' tensors joined by name, as float32 arrays; the first that is read waits for the device."""
    return {name: torch.cat([part[name] for part in parts]).float().cpu().numpy() for name in parts[0]}


@torch.no_grad()
def predict(
    model: nn.Module, preprocess: Preprocess, images: np.ndarray, device: torch.device, precision: str = "float32"
) -> np.ndarray:
    """Logits float32 (n, classes) of uint8 images; the model stays in its mode. What is compiled is embedding alone."""
    parts = []
    for pixels in batches(images, device):
        with autocast(device, precision):
            parts.append({"logits": model(preprocess(pixels))})
    return gathered(parts)["logits"]
