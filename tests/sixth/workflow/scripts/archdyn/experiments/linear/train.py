"""Train a linear autoencoder."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from archdyn.experiments.linear.model import LinearAutoencoder
from archdyn.experiments.linear.settings import LinearTraining
from archdyn.networks.loop import Interruption, run_epochs
from archdyn.networks.one_cycle import OneCycleTraining
from archdyn.networks.pixels import on_device, to_unit


def train_linear(
    images: np.ndarray,
    settings: LinearTraining,
    device: torch.device,
    on_epoch: Callable[[dict], None] = lambda row: None,
    interruption: Interruption | None = None,
) -> LinearAutoencoder:
    """Train on uint8 images by the squared error summed over pixels; draws from torch's global generator.

    Raises ArchdynError when the loss is not finite, and when interrupted.
    """
    flat = to_unit(on_device(images[: settings.images], device)).flatten(1)
    training = _Training(flat, settings, device)
    run_epochs(training, settings.epochs, on_epoch, interruption)
    return training.model


class _Training(OneCycleTraining):
    def __init__(self, images: Tensor, settings: LinearTraining, device: torch.device):
        self.images = images
        model = LinearAutoencoder(images.shape[1], settings.latents).to(device)
        model.centre.copy_(images.mean(0))
        optimiser = torch.optim.Adam(model.parameters(), settings.learning_rate)
        super().__init__(model, optimiser, len(images), settings, device)

    def loss(self, index: Tensor) -> Tensor:
        x = self.images[index]
        return (self.model(x) - x).square().sum(1).mean()

    def end_epoch(self, epoch: int, steps: np.ndarray) -> dict:
        return {"loss": float(steps.mean())}
