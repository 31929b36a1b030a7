"""The report's way of training the GAN beside ours, in one call on one machine.

The report's loop: a Dataset that transforms each image in Python, a DataLoader, Adam's default implementation, a
sigmoid with BCELoss, and four `.item()` a step.
"""

import time

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision import transforms

from archdyn.benchmarks.timer import PerImageDataset, time_in_turn
from archdyn.models.gan import NOISE_DIM, build_discriminator, build_generator
from archdyn.settings.gan import GanTraining
from archdyn.train.gan import ADAM_BETAS, train_gan


def time_gan(images: np.ndarray, training: GanTraining, device: torch.device, rounds: int) -> list[dict]:
    """Time an epoch of both ways, in turn (A B A B ...), on uint8 images (n, h, w).

    Each timing follows an epoch of warm-up. Ours has all that a training does between two epochs, scoring and samples
    too. Returns the rows of `time_in_turn`.
    """
    ways = {
        "report's loop": lambda images: _time_report_loop(images, training, device),
        "archdyn": lambda images: _time_ours(images, training, device),
    }
    return time_in_turn(ways, images, training.batch_size, rounds)


def _time_ours(images: np.ndarray, training: GanTraining, device: torch.device) -> float:
    two_epochs, ends = training.model_copy(update={"epochs": 2}), []
    train_gan(images, images, two_epochs, device, lambda row: ends.append(time.perf_counter()))
    return ends[1] - ends[0]


def _time_report_loop(images: np.ndarray, training: GanTraining, device: torch.device) -> float:
    pixels = images[0].size
    generator = build_generator(training, pixels).to(device)
    discriminator = nn.Sequential(build_discriminator(training, pixels), nn.Sigmoid()).to(device)
    optimiser_g = torch.optim.Adam(generator.parameters(), training.learning_rate_g, ADAM_BETAS)
    optimiser_d = torch.optim.Adam(discriminator.parameters(), training.learning_rate_d, ADAM_BETAS)
    bce = nn.BCELoss()
    dataset = PerImageDataset(images, [transforms.ToTensor(), transforms.Normalize((0.5,), (0.5,))])
    batches = DataLoader(dataset, training.batch_size, shuffle=True)
    history, ends = [], []
    for _ in range(2):
        for batch, _ in batches:
            n = len(batch)
            real = batch.view(n, -1).to(device)
            ones, zeros = torch.ones(n, 1, device=device), torch.zeros(n, 1, device=device)
            fake = generator(torch.randn(n, NOISE_DIM, device=device))
            on_real, on_fake = discriminator(real), discriminator(fake.detach())
            loss_d = bce(on_real, ones) + bce(on_fake, zeros)
            optimiser_d.zero_grad()
            loss_d.backward()
            optimiser_d.step()
            fake = generator(torch.randn(n, NOISE_DIM, device=device))
            loss_g = bce(discriminator(fake), ones)
            optimiser_g.zero_grad()
            loss_g.backward()
            optimiser_g.step()
            history.append((loss_d.item(), loss_g.item(), on_real.mean().item(), on_fake.mean().item()))
        ends.append(time.perf_counter())
    return ends[1] - ends[0]
