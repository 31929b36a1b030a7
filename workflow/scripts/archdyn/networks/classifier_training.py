"""Train the classifier that judges generated images."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from archdyn.networks.classifier import Classifier, embed_images
from archdyn.networks.loop import Interruption, run_epochs
from archdyn.networks.one_cycle import OneCycleTraining
from archdyn.networks.pixels import on_device, to_unit
from archdyn.settings.common import ClassifierTraining


def train_classifier(
    arrays: dict[str, np.ndarray],
    settings: ClassifierTraining,
    device: torch.device,
    on_epoch: Callable[[dict], None] = lambda row: None,
    interruption: Interruption | None = None,
) -> tuple[Classifier, list[dict]]:
    """Train on `arrays` (train_images, train_labels, test_images, test_labels; uint8 images, integer labels).

    Adam with a one-cycle learning rate whose peak is `settings.learning_rate`. Returns the model in eval mode
    and one row per epoch; the accuracies are shares in 0..1. Draws from torch's global generator. Raises ArchdynError
    when the loss is not finite, and when interrupted.
    """
    training = _Training(arrays, settings, device)
    epochs = run_epochs(training, settings.epochs, on_epoch, interruption)
    return training.model.eval(), epochs


class _Training(OneCycleTraining):
    def __init__(self, arrays: dict[str, np.ndarray], settings: ClassifierTraining, device: torch.device):
        self.test = arrays["test_images"], arrays["test_labels"]
        self.images = on_device(arrays["train_images"], device)
        self.labels = on_device(arrays["train_labels"].astype(np.int64), device)
        shape = to_unit(self.images[:1]).shape[1:]
        model = Classifier(tuple(shape), int(self.labels.max()) + 1).to(device)
        optimiser = torch.optim.Adam(model.parameters(), settings.learning_rate, fused=True)
        super().__init__(model, optimiser, len(self.images), settings, device)

    def loss(self, index: Tensor) -> Tensor:
        return cross_entropy(self.model(to_unit(self.images[index])), self.labels[index])

    def end_epoch(self, epoch: int, steps: np.ndarray) -> dict:
        return {"loss": float(steps.mean()), "test_accuracy": test_accuracy(self.model, *self.test, self.images.device)}


def test_accuracy(model: nn.Module, images: np.ndarray, labels: np.ndarray, device: torch.device) -> float:
    """Top-1 accuracy (0..1) on uint8 images; leaves the model in train mode."""
    _, logits = embed_images(model.eval(), images, device)
    model.train()
    return float((logits.argmax(1) == labels).mean())
