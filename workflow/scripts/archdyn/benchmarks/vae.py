"""The report's way of training the VAE beside ours, in one call on one machine.

The report's loop: a Dataset that transforms each image in Python, a DataLoader, Adam's default implementation, and
three `.item()` a step.
"""

import time

import numpy as np
import torch
from torch.nn.functional import mse_loss
from torch.utils.data import DataLoader
from torchvision import transforms

from archdyn.benchmarks.timer import PerImageDataset, time_in_turn
from archdyn.models.vae import Vae
from archdyn.settings.vae import VaeTraining
from archdyn.train.vae import train_vae

TEST_SHARE = 6  # the real test set is a sixth of the training set


def time_vae(images: np.ndarray, training: VaeTraining, device: torch.device, rounds: int) -> list[dict]:
    """Time an epoch of both ways, in turn (A B A B ...), on uint8 images (n, h, w).

    Each timing follows an epoch of warm-up. Ours includes the test images' score, which the report's leaves out.
    Returns the rows of `time_in_turn`.
    """
    ways = {
        "report's loop": lambda images: _time_report_loop(images, training, device),
        "archdyn": lambda images: _time_ours(images, training, device),
    }
    return time_in_turn(ways, images, training.batch_size, rounds)


def _time_ours(images: np.ndarray, training: VaeTraining, device: torch.device) -> float:
    two_epochs, ends = training.model_copy(update={"epochs": 2}), []
    test_images = images[: len(images) // TEST_SHARE]
    train_vae(images, test_images, two_epochs, device, lambda row: ends.append(time.perf_counter()))
    return ends[1] - ends[0]


def _time_report_loop(images: np.ndarray, training: VaeTraining, device: torch.device) -> float:
    model = Vae((1, *images.shape[1:])).to(device)
    optimiser = torch.optim.Adam(model.parameters(), training.learning_rate)
    batches = DataLoader(PerImageDataset(images, [transforms.ToTensor()]), training.batch_size, shuffle=True)
    history, ends = [], []
    for _ in range(2):
        for batch, _ in batches:
            real = batch.to(device)
            reconstructions, mean, logvar = model(real)
            error = mse_loss(reconstructions, real, reduction="sum")
            kl = -0.5 * torch.sum(1 + logvar - mean.pow(2) - logvar.exp())
            loss = error + training.kl_weight * kl
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            history.append((loss.item(), error.item(), kl.item()))
        ends.append(time.perf_counter())
    return ends[1] - ends[0]
