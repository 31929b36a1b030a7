"""The report's MLP GAN (section 4) and its comparator, Linder-Norén's `gan.py`.

Generators map noise (n, 100) to images (n, pixels) in [-1, 1]; discriminators map images to logits (n, 1).
The sigmoid that both codes put last is part of the losses here, which is the same function, computed stably.
"""

import math

import torch
from torch import Tensor, nn

from archdyn.experiments.gan.settings import GanTraining

NOISE_DIM = 100
LEAK = 0.2


def build_generator(settings: GanTraining, pixels: int) -> nn.Module:
    """Generator by `architecture` (report, linder_noren), `init`, `batchnorm_place` and `batchnorm_eps`.

    The report's is 100-256-512-pixels with ReLU; its text leaves BatchNorm out, its code has it after each ReLU.
    Linder-Norén's is 100-128-256-512-1024-pixels with LeakyReLU, and no BatchNorm in the first layer.
    """
    if settings.architecture == "report":
        activation, widths, plain = nn.ReLU(), (256, 512), 0
    else:
        activation, widths, plain = nn.LeakyReLU(LEAK), (128, 256, 512, 1024), 1
    layers: list[nn.Module] = []
    for number, (inputs, outputs) in enumerate(zip((NOISE_DIM, *widths), widths, strict=False)):
        normalisation = [nn.BatchNorm1d(outputs, settings.batchnorm_eps)] if number >= plain else []
        behind = [activation, *normalisation] if settings.batchnorm_place == "after" else [*normalisation, activation]
        layers += [nn.Linear(inputs, outputs), *behind]
    return _initialised(nn.Sequential(*layers, nn.Linear(widths[-1], pixels), nn.Tanh()), settings.init)


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
