"""From uint8 images on the device to what a backbone expects, without a detour over the host."""

import torch
from torch import Tensor
from torch.nn.functional import interpolate

HALF = {"mean": [0.5, 0.5, 0.5], "sd": [0.5, 0.5, 0.5]}


class Preprocess:
    """uint8 (n, h, w) or (n, h, w, 3) -> normalised float32 (n, 3, size, size); grey becomes three equal channels.

    Images are resized as Pillow does it, like in the report's code and where the weights were trained. `settings` has
    size (pixels), interpolation (bilinear, bicubic), mean and sd (by channel, of values in [0, 1]).
    """

    def __init__(self, settings: dict, device: torch.device):
        self.size, self.interpolation = settings["size"], settings["interpolation"]
        self._mean, self._sd = (torch.tensor(settings[key], device=device).view(3, 1, 1) for key in ("mean", "sd"))

    def __call__(self, images: Tensor) -> Tensor:
        return self.normalise(self.scale(images))

    def scale(self, images: Tensor) -> Tensor:
        """The images as float32 (n, 3, size, size) in [0, 1], before normalisation."""
        return resized(as_rgb(images).float(), self.size, self.interpolation).div(255)

    def normalise(self, pixels: Tensor) -> Tensor:
        """Float (n, 3, h, w) in [0, 1] with each channel's mean subtracted, divided by its sd."""
        return (pixels - self._mean) / self._sd


def resized(pixels: Tensor, size: int, interpolation: str) -> Tensor:
    """Float (n, channels, h, w) in 0..255 -> (n, channels, size, size) in whole numbers of 0..255.

    Pillow resizes rows, then columns, and rounds to whole numbers after either.
    """
    for shape in ((pixels.shape[-2], size), (size, size)):
        if pixels.shape[-2:] != shape:
            pixels = interpolate(pixels, shape, mode=interpolation, antialias=True).add(0.5).floor().clamp(0, 255)
    return pixels


def as_rgb(images: Tensor) -> Tensor:
    """uint8 (n, h, w) or (n, h, w, 3) -> uint8 (n, 3, h, w)."""
    if images.ndim == 3:
        return images.unsqueeze(1).expand(-1, 3, -1, -1)
    return images.permute(0, 3, 1, 2)
