"""The report's MLP GAN (section 4) and its comparator, Linder-Norén's `gan.py`.

Generators map noise (n, 100) to images (n, pixels) in [-1, 1]; discriminators map images to logits (n, 1).
The sigmoid that both codes put last is part of the losses here, which is the same function, computed stably.
"""

import math

import torch
from torch import Tensor, nn

from archdyn.settings.gan import GanTraining

NOISE_DIM = 100
LEAK = 0.2


def build_generator(settings: GanTraining, pixels: int) -> nn.Module:
    """Generator by `settings.architecture` and `settings.init`."""
    build = {"report": _report_generator, "linder_noren": _linder_noren_generator}
    return _initialised(build[settings.architecture](pixels), settings.init)


def build_discriminator(settings: GanTraining, pixels: int) -> nn.Module:
    """Discriminator by `architecture`, `init`, `dropout` and `minibatch_kernels`."""
    widths = {"report": (256, 256), "linder_noren": (512, 256)}[settings.architecture]
    layers: list[nn.Module] = []
    for inputs, outputs in zip((pixels, *widths), widths, strict=False):
        layers += [nn.Linear(inputs, outputs), nn.LeakyReLU(LEAK)]
        if settings.dropout:
            layers.append(nn.Dropout(settings.dropout))
    width = widths[-1]
    if settings.minibatch_kernels:
        layers.append(MinibatchDiscrimination(width, settings.minibatch_kernels))
        width += settings.minibatch_kernels
    return _initialised(nn.Sequential(*layers, nn.Linear(width, 1)), settings.init)


class MinibatchDiscrimination(nn.Module):
    """Appends to each row how close it is to the other rows of its batch (Salimans et al. 2016, section 3.2).

    Shape: (n, features) -> (n, features + kernels). Each appended value is in [0, n - 1]; n - 1 when all rows
    are equal, which is what gives a collapsed generator away.
    """

    def __init__(self, features: int, kernels: int, kernel_dim: int = 5):
        super().__init__()
        self.kernels, self.kernel_dim = kernels, kernel_dim
        self.weight = nn.Parameter(torch.randn(features, kernels * kernel_dim) / math.sqrt(features))

    def forward(self, x: Tensor) -> Tensor:
        projected = (x @ self.weight).view(-1, self.kernels, self.kernel_dim).transpose(0, 1).contiguous()
        l1 = torch.cdist(projected, projected, p=1.0)  # (kernels, n, n)
        closeness = torch.exp(-l1).sum(2).T - 1  # less the row's own exp(0)
        return torch.cat([x, closeness], dim=1)


def _report_generator(pixels: int) -> nn.Module:
    """100-256-512-pixels; BatchNorm after each ReLU, which the report's text leaves out."""
    hidden = [(NOISE_DIM, 256), (256, 512)]
    layers = [layer for i, o in hidden for layer in (nn.Linear(i, o), nn.ReLU(), nn.BatchNorm1d(o))]
    return nn.Sequential(*layers, nn.Linear(512, pixels), nn.Tanh())


def _linder_noren_generator(pixels: int) -> nn.Module:
    """100-128-256-512-1024-pixels. 0.8 is BatchNorm's eps there, though momentum was surely meant."""
    layers: list[nn.Module] = [nn.Linear(NOISE_DIM, 128), nn.LeakyReLU(LEAK)]
    for inputs, outputs in ((128, 256), (256, 512), (512, 1024)):
        layers += [nn.Linear(inputs, outputs), nn.BatchNorm1d(outputs, eps=0.8), nn.LeakyReLU(LEAK)]
    return nn.Sequential(*layers, nn.Linear(1024, pixels), nn.Tanh())


def _initialised(model: nn.Module, init: str) -> nn.Module:
    if init == "default":
        return model
    for layer in model.modules():
        if isinstance(layer, nn.Linear):
            nn.init.normal_(layer.weight, 0.0, 0.02)
            nn.init.zeros_(layer.bias)
        elif isinstance(layer, nn.BatchNorm1d) and init == "dcgan":
            nn.init.normal_(layer.weight, 1.0, 0.02)
    return model
