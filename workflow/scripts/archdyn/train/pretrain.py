"""Pretrain a backbone as a classifier, for machines that cannot download weights."""

import time
from collections.abc import Callable

import numpy as np
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from archdyn.embed.backbone import predict
from archdyn.models.preprocessing import Preprocess

WEIGHT_DECAY = 0.05


def pretrain(
    model: nn.Module,
    preprocessing: dict,
    arrays: dict[str, np.ndarray],
    settings: dict,
    device: torch.device,
    on_epoch: Callable[[dict], None] = lambda row: None,
) -> list[dict]:
    """Train `model` in place, and leave it on the device in eval mode.

    arrays: train_images, test_images (uint8), train_labels, test_labels (int). AdamW with a one-cycle learning rate
    whose peak is `settings["learning_rate"]`. Returns a row per epoch; test_accuracy is a share in 0..1. Draws from
    torch's global generator.
    """
    images = torch.from_numpy(np.ascontiguousarray(arrays["train_images"][: settings["images"]])).to(device)
    labels = torch.from_numpy(np.ascontiguousarray(arrays["train_labels"][: settings["images"]])).long().to(device)
    preprocess = Preprocess(preprocessing, device)
    model.to(device, memory_format=torch.channels_last).train()
    batches = -(-len(images) // settings["batch_size"])
    optimiser = torch.optim.AdamW(model.parameters(), settings["learning_rate"], weight_decay=WEIGHT_DECAY, fused=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, settings["learning_rate"], total_steps=batches * settings["epochs"]
    )
    rows = []
    for epoch in range(1, settings["epochs"] + 1):
        start = time.perf_counter()
        losses = []
        for index in torch.randperm(len(images), device=device).split(settings["batch_size"]):
            loss = cross_entropy(model(preprocess(images[index])), labels[index])
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            optimiser.step()
            schedule.step()
            losses.append(loss.detach())
        seconds = time.perf_counter() - start
        logits = predict(model.eval(), preprocess, arrays["test_images"][: settings["test_images"]], device)
        model.train()
        accuracy = float((logits.argmax(1) == arrays["test_labels"][: settings["test_images"]]).mean())
        rows.append({"epoch": epoch, "loss": torch.stack(losses).mean().item(), "test_accuracy": accuracy})
        eta = round((settings["epochs"] - epoch) * seconds)
        on_epoch(rows[-1] | {"images_per_s": round(len(images) / seconds), "eta_s": eta})
    model.eval()
    return rows
