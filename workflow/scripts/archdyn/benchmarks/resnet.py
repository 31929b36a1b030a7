"""The report's way of running a ResNet beside ours, in one call on one machine.

The report's loop: a Dataset that resizes and normalises each image in Python, a DataLoader, float32, Adam's default
implementation, and two `.item()` a step.
"""

import time
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader
from torchvision import transforms

from archdyn.benchmarks.timer import PerImageDataset, bare_ways, time_in_turn
from archdyn.embed.resnet import embed_penultimate
from archdyn.models.backbones import Backbone, load_backbone
from archdyn.models.inference import BATCH
from archdyn.models.pixels import on_device
from archdyn.models.resnet import transferred
from archdyn.settings.resnet import TransferTraining
from archdyn.train.resnet import train_transfer

CLASSES = 10


def time_embedding(
    images: np.ndarray, start: Path, settings: TransferTraining, device: torch.device, rounds: int
) -> list[dict]:
    """Features of uint8 images: the report's loop, ours, and bare passes (`bare_ways`), each after a batch of warm-up.

    What counts of `settings` is batch_size, for the report's loop, and precision, for ours and a bare pass. Returns
    the rows of `time_in_turn`.
    """
    backbone = load_backbone(start, device)
    batch = backbone.preprocess(on_device(images[:BATCH], device)).contiguous(memory_format=torch.channels_last)
    ways = {
        "report's loop": lambda images: _time_report_embedding(backbone, images, settings, device),
        "archdyn": lambda images: _time_our_embedding(backbone, images, settings, device),
    } | bare_ways(backbone.model, batch, settings.precision)
    return time_in_turn(ways, images, settings.batch_size, rounds)


def time_training(
    images: np.ndarray, start: Path, settings: TransferTraining, device: torch.device, rounds: int
) -> list[dict]:
    """An epoch of training the whole network on uint8 images: the report's loop and ours, each after a warm-up epoch.

    Returns the rows of `time_in_turn`.
    """
    ways = {
        "report's loop": lambda images: _time_report_training(start, images, settings, device),
        "archdyn": lambda images: _time_our_training(start, images, settings, device),
    }
    return time_in_turn(ways, images, settings.batch_size, rounds)


@torch.no_grad()
def _time_report_embedding(
    backbone: Backbone, images: np.ndarray, settings: TransferTraining, device: torch.device
) -> float:
    batches = _per_image(backbone, images, settings)
    backbone.model(next(iter(batches))[0].to(device)).cpu()
    began = time.perf_counter()
    for batch, _ in batches:
        backbone.model(batch.to(device)).cpu()
    return time.perf_counter() - began


def _time_our_embedding(
    backbone: Backbone, images: np.ndarray, settings: TransferTraining, device: torch.device
) -> float:
    embed_penultimate(backbone, images[:BATCH], device, settings.precision)
    began = time.perf_counter()
    embed_penultimate(backbone, images, device, settings.precision)
    return time.perf_counter() - began


def _time_our_training(start: Path, images: np.ndarray, settings: TransferTraining, device: torch.device) -> float:
    backbone, ends = transferred(start, settings, CLASSES, device), []
    labels = np.arange(len(images)) % CLASSES
    arrays = {"train_images": images, "train_labels": labels, "test_images": images[:2], "test_labels": labels[:2]}
    two_epochs = settings.model_copy(update={"epochs": 2})
    train_transfer(backbone, arrays, two_epochs, 0, device, lambda row: ends.append(time.perf_counter()))
    return ends[1] - ends[0]


def _time_report_training(start: Path, images: np.ndarray, settings: TransferTraining, device: torch.device) -> float:
    backbone = transferred(start, settings, CLASSES, device)
    model: nn.Module = backbone.model.to(memory_format=torch.contiguous_format).train()
    optimiser = torch.optim.Adam(model.parameters(), settings.learning_rate)
    history, ends = [], []
    for _ in range(2):
        for batch, labels in _per_image(backbone, images, settings):
            logits = model(batch.to(device))
            loss = cross_entropy(logits, labels.to(device))
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            history.append((loss.item(), (logits.argmax(1).cpu() == labels).sum().item()))
        ends.append(time.perf_counter())
    return ends[1] - ends[0]


def _per_image(backbone: Backbone, images: np.ndarray, settings: TransferTraining) -> DataLoader:
    size = backbone.preprocess.size
    steps = [
        transforms.Lambda(lambda image: image.convert("RGB")),
        transforms.Resize((size, size)),
        transforms.ToTensor(),
        transforms.Normalize((0.5,), (0.5,)),
    ]
    return DataLoader(PerImageDataset(images, steps), settings.batch_size, shuffle=True)
