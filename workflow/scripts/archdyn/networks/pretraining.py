"""Pretrain a backbone as a classifier, for machines that cannot download weights."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from archdyn.networks.inference import predict
from archdyn.networks.loop import Interruption, run_epochs
from archdyn.networks.one_cycle import OneCycleTraining
from archdyn.networks.pixels import on_device
from archdyn.networks.preprocessing import Preprocess
from archdyn.networks.training_images import TrainingImages
from archdyn.settings.common import Pretraining

WEIGHT_DECAY = 0.05


def pretrain(
    model: nn.Module,
    preprocessing: dict,
    arrays: dict[str, np.ndarray],
    settings: Pretraining,
    device: torch.device,
    on_epoch: Callable[[dict], None] = lambda row: None,
    interruption: Interruption | None = None,
) -> list[dict]:
    """Train `model` in place, and leave it on the device in eval mode.

    arrays: train_images, test_images (uint8), train_labels, test_labels (int). AdamW with a one-cycle learning rate
    whose peak is `settings.learning_rate`. Returns a row per epoch; test_accuracy is a share in 0..1. Draws from
    torch's global generator. Raises ArchdynError when the loss is not finite, and when interrupted.
    """
    training = _Pretraining(model, preprocessing, arrays, settings, device)
    epochs = run_epochs(training, settings.epochs, on_epoch, interruption)
    model.eval()
    return epochs


class _Pretraining(OneCycleTraining):
    def __init__(
        self,
        model: nn.Module,
        preprocessing: dict,
        arrays: dict[str, np.ndarray],
        settings: Pretraining,
        device: torch.device,
    ):
        rows = np.arange(len(arrays["train_labels"][: settings.images]))
        self.images = TrainingImages(arrays["train_images"], rows, device)
        self.labels = on_device(arrays["train_labels"][: settings.images], device).long()
        self.test = tuple(arrays[name][: settings.test_images] for name in ("test_images", "test_labels"))
        self.preprocess = Preprocess(preprocessing, device)
        model.to(device, memory_format=torch.channels_last).train()
        rate = settings.learning_rate
        optimiser = torch.optim.AdamW(model.parameters(), rate, weight_decay=WEIGHT_DECAY, fused=True)
        super().__init__(model, optimiser, len(rows), settings, device)

    def loss(self, index: Tensor) -> Tensor:
        return cross_entropy(self.model(self.preprocess(self.images[index])), self.labels[index])

    def end_epoch(self, epoch: int, steps: np.ndarray) -> dict:
        images, labels = self.test
        logits = predict(self.model.eval(), self.preprocess, images, self.labels.device)
        self.model.train()
        return {"loss": float(steps.mean()), "test_accuracy": float((logits.argmax(1) == labels).mean())}
