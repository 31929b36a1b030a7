"""Train the classifier that judges generated images."""

import time
from collections.abc import Callable

import numpy as np
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from archdyn.embed.classifier import classifier_input, embed_images
from archdyn.models.classifier import Classifier


def train_classifier(
    arrays: dict[str, np.ndarray],
    settings: dict,
    device: torch.device,
    on_epoch: Callable[[dict], None] = lambda row: None,
) -> tuple[Classifier, list[dict]]:
    """Train on `arrays` (train_images, train_labels, test_images, test_labels; uint8 images, integer labels).

    Adam with a one-cycle learning rate whose peak is `settings["learning_rate"]`. Returns the model in eval mode
    and one row per epoch; the accuracies are shares in 0..1. Draws from torch's global generator.
    """
    images = torch.from_numpy(np.ascontiguousarray(arrays["train_images"])).to(device)
    labels = torch.from_numpy(arrays["train_labels"].astype(np.int64)).to(device)
    shape = classifier_input(images[:1]).shape[1:]
    model = Classifier(tuple(shape), int(labels.max()) + 1).to(device)
    batches = -(-len(images) // settings["batch_size"])
    optimiser = torch.optim.Adam(model.parameters(), settings["learning_rate"], fused=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, settings["learning_rate"], total_steps=batches * settings["epochs"]
    )
    rows = []
    for epoch in range(1, settings["epochs"] + 1):
        start = time.perf_counter()
        losses = []
        for index in torch.randperm(len(images), device=device).split(settings["batch_size"]):
            loss = cross_entropy(model(classifier_input(images[index])), labels[index])
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            optimiser.step()
            schedule.step()
            losses.append(loss.detach())
        seconds = time.perf_counter() - start
        accuracy = test_accuracy(model, arrays["test_images"], arrays["test_labels"], device)
        rows.append({"epoch": epoch, "loss": torch.stack(losses).mean().item(), "test_accuracy": accuracy})
        eta = round((settings["epochs"] - epoch) * seconds)
        on_epoch(rows[-1] | {"images_per_s": round(len(images) / seconds), "eta_s": eta})
    return model.eval(), rows


def test_accuracy(model: nn.Module, images: np.ndarray, labels: np.ndarray, device: torch.device) -> float:
    """Top-1 accuracy (0..1) on uint8 images; leaves the model in train mode."""
    _, logits = embed_images(model.eval(), images, device)
    model.train()
    return float((logits.argmax(1) == labels).mean())
