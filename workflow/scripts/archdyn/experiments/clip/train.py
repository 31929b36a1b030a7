"""Train a CLIP on images with captions made from their labels, for machines that cannot download weights."""

import math
from collections.abc import Callable

import numpy as np
import torch
from open_clip import CLIP, ClipLoss
from torch import Tensor

from archdyn.experiments.clip.settings import ClipPretraining
from archdyn.networks.clip import tokenise
from archdyn.networks.loop import Interruption, run_epochs
from archdyn.networks.one_cycle import OneCycleTraining
from archdyn.networks.pixels import on_device
from archdyn.networks.preprocessing import Preprocess

# As open_clip trains CLIPs.
BETAS, EPS, WEIGHT_DECAY = (0.9, 0.98), 1e-6, 0.2
HIGHEST_SCALE = math.log(100)


def pretrain_clip(
    model: CLIP,
    preprocessing: dict,
    arrays: dict[str, np.ndarray],
    classes: list[str],
    settings: ClipPretraining,
    device: torch.device,
    on_epoch: Callable[[dict], None] = lambda row: None,
    interruption: Interruption | None = None,
) -> list[dict]:
    """Train `model` in place by open_clip's contrastive loss, and leave it on the device in eval mode.

    arrays: train_images (uint8) and train_labels (int). Each time that an image is seen, one of
    `settings.captions` is drawn for it, with the name of its class for {}. A batch holds several images of a class,
    so the loss, which asks for each image's own caption, stays well above 0. AdamW with a one-cycle learning rate whose
    peak is `settings.learning_rate`. Returns a row per epoch with the mean loss and the temperature after it. Draws
    from torch's global generator. Raises ArchdynError when the loss is not finite, and when interrupted.
    """
    training = _Pretraining(model, preprocessing, arrays, classes, settings, device)
    epochs = run_epochs(training, settings.epochs, on_epoch, interruption)
    model.eval()
    return epochs


class _Pretraining(OneCycleTraining):
    def __init__(
        self,
        model: CLIP,
        preprocessing: dict,
        arrays: dict[str, np.ndarray],
        classes: list[str],
        settings: ClipPretraining,
        device: torch.device,
    ):
        self.images = on_device(arrays["train_images"][: settings.images], device)
        self.labels = on_device(arrays["train_labels"][: settings.images], device).long()
        self.templates = len(settings.captions)
        self.preprocess = Preprocess(preprocessing, device)
        model.to(device).train()
        captions = [template.format(name) for name in classes for template in settings.captions]
        self.captions = tokenise(model, captions).to(device)
        self.contrast = ClipLoss()
        optimiser = torch.optim.AdamW(_parameter_groups(model), settings.learning_rate, BETAS, EPS, fused=True)
        super().__init__(model, optimiser, len(self.images), settings, device)

    def loss(self, index: Tensor) -> Tensor:
        template = torch.randint(self.templates, index.shape, device=index.device)
        # Each caption is encoded once, however many images of the batch it belongs to.
        drawn, caption = (self.labels[index] * self.templates + template).unique(return_inverse=True)
        texts = self.model.encode_text(self.captions[drawn], normalize=True)[caption]
        images = self.model.encode_image(self.preprocess(self.images[index]), normalize=True)
        return self.contrast(images, texts, self.model.logit_scale.exp())

    def step(self, index: Tensor) -> None:
        super().step(index)
        with torch.no_grad():
            self.model.logit_scale.clamp_(0, HIGHEST_SCALE)

    def end_epoch(self, epoch: int, steps: np.ndarray) -> dict:
        return {"loss": float(steps.mean()), "temperature": math.exp(-self.model.logit_scale.item())}


def _parameter_groups(model: CLIP) -> list[dict]:
    """Biases, gains and the temperature without weight decay."""
    matrices = [parameter for parameter in model.parameters() if parameter.ndim > 1]
    others = [parameter for parameter in model.parameters() if parameter.ndim <= 1]
    return [{"params": matrices, "weight_decay": WEIGHT_DECAY}, {"params": others, "weight_decay": 0.0}]
