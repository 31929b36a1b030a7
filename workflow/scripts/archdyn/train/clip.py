"""Train a CLIP on images with captions made from their labels, for machines that cannot download weights."""

import math
import time
from collections.abc import Callable

import numpy as np
import torch
from open_clip import CLIP, ClipLoss
from torch import Tensor

from archdyn.errors import ArchdynError
from archdyn.models.clip import tokenise
from archdyn.models.preprocessing import Preprocess

# As open_clip trains CLIPs.
BETAS, EPS, WEIGHT_DECAY = (0.9, 0.98), 1e-6, 0.2
HIGHEST_SCALE = math.log(100)


def pretrain_clip(
    model: CLIP,
    preprocess: Preprocess,
    images: np.ndarray,
    labels: np.ndarray,
    classes: list[str],
    settings: dict,
    device: torch.device,
    on_epoch: Callable[[dict], None] = lambda row: None,
) -> list[dict]:
    """Train `model` in place by open_clip's contrastive loss, and leave it on the device in eval mode.

    images: uint8; labels: int (n,). Each time that an image is seen, one of `settings["captions"]` is drawn for it,
    with the name of its class for {}. A batch holds several images of a class, so the loss, which asks for each
    image's own caption, stays well above 0. AdamW with a one-cycle learning rate whose peak is
    `settings["learning_rate"]`. Returns a row per epoch with the mean loss and the temperature. Draws from torch's
    global generator. Raises ArchdynError when a loss is not finite.
    """
    training = _Training(model.to(device).train(), preprocess, images, labels, classes, settings, device)
    rows = []
    for epoch in range(1, settings["epochs"] + 1):
        start = time.perf_counter()
        loss = torch.stack([training.step(index) for index in training.batches()]).mean().item()
        if not math.isfinite(loss):
            raise ArchdynError(f"training diverged: the loss is not finite in epoch {epoch}")
        seconds = time.perf_counter() - start
        rows.append({"epoch": epoch, "loss": loss, "temperature": math.exp(-model.logit_scale.item())})
        eta = round((settings["epochs"] - epoch) * seconds)
        on_epoch(rows[-1] | {"images_per_s": round(len(training.images) / seconds), "eta_s": eta})
    model.eval()
    return rows


class _Training:
    def __init__(self, model, preprocess, images, labels, classes, settings, device):
        self.model, self.preprocess, self.batch_size = model, preprocess, settings["batch_size"]
        self.images = torch.from_numpy(np.ascontiguousarray(images)).to(device)
        self.labels = torch.from_numpy(np.ascontiguousarray(labels)).long().to(device)
        self.templates = len(settings["captions"])
        captions = [template.format(name) for name in classes for template in settings["captions"]]
        self.captions = tokenise(model, captions).to(device)
        self.loss = ClipLoss()
        self.optimiser = torch.optim.AdamW(_decayed_or_not(model), settings["learning_rate"], BETAS, EPS, fused=True)
        steps = settings["epochs"] * -(-len(self.images) // self.batch_size)
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(self.optimiser, settings["learning_rate"], steps)

    def batches(self) -> tuple[Tensor, ...]:
        return torch.randperm(len(self.images), device=self.images.device).split(self.batch_size)

    def step(self, index: Tensor) -> Tensor:
        """One update on the images with the row numbers `index`; returns their loss."""
        template = torch.randint(self.templates, index.shape, device=index.device)
        # Each caption is encoded once, however many images of the batch it belongs to.
        drawn, caption = (self.labels[index] * self.templates + template).unique(return_inverse=True)
        texts = self.model.encode_text(self.captions[drawn], normalize=True)[caption]
        images = self.model.encode_image(self.preprocess(self.images[index]), normalize=True)
        loss = self.loss(images, texts, self.model.logit_scale.exp())
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        self.optimiser.step()
        self.schedule.step()
        with torch.no_grad():
            self.model.logit_scale.clamp_(0, HIGHEST_SCALE)
        return loss.detach()


def _decayed_or_not(model: CLIP) -> list[dict]:
    """Biases, gains and the temperature without weight decay."""
    matrices = [parameter for parameter in model.parameters() if parameter.ndim > 1]
    others = [parameter for parameter in model.parameters() if parameter.ndim <= 1]
    return [{"params": matrices, "weight_decay": WEIGHT_DECAY}, {"params": others, "weight_decay": 0.0}]
