"""Images on their way into a model and back. Files hold uint8 (n, h, w), or (n, h, w, channels) in colour."""

import numpy as np
import torch
from torch import Tensor


def on_device(images: np.ndarray, device: torch.device) -> Tensor:
    """A copy of uint8 images on the device, of the same shape; they may be memory-mapped."""
    return torch.tensor(np.asarray(images), device=device)


def to_unit(images: Tensor) -> Tensor:
    """uint8 (n, h, w) or (n, h, w, channels) -> float32 (n, channels, h, w) in [0, 1]."""
    channels_first = images.unsqueeze(1) if images.ndim == 3 else images.permute(0, 3, 1, 2)
    return channels_first.float().div_(255)


def from_unit(images: Tensor) -> np.ndarray:
    """float (n, channels, h, w) in [0, 1] -> uint8 (n, h, w), or (n, h, w, channels) of colour images."""
    pixels = images.mul(255).round().to(torch.uint8).permute(0, 2, 3, 1).cpu().numpy()
    return pixels[..., 0] if pixels.shape[-1] == 1 else pixels


def to_signed(images: Tensor) -> Tensor:
    """uint8 (n, h, w[, channels]) -> float32 (n, pixels) in [-1, 1]."""
    return images.flatten(1).float().div_(127.5).sub_(1)


def from_signed(images: Tensor, shape: tuple[int, ...]) -> Tensor:
    """float (n, pixels) in [-1, 1] -> uint8 (n, *shape)."""
    return images.add(1).mul(127.5).round().clamp(0, 255).to(torch.uint8).reshape(-1, *shape)
