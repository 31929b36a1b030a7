"""Train the classifier that judges generated images."""

from collections.abc import Callable

import numpy as np
import torch
from scipy.stats import binomtest
from torch import Tensor
from torch.nn.functional import cross_entropy
from torch.optim.swa_utils import update_bn

from archdyn.errors import ArchdynError
from archdyn.networks.classifier import Classifier, embed_images, unit_batches
from archdyn.networks.loop import Interruption, run_epochs
from archdyn.networks.one_cycle import OneCycleTraining
from archdyn.networks.pixels import on_device, to_unit
from archdyn.settings.common import ClassifierTraining

AVERAGED = 10_000  # training images, at most, that BatchNorm's averages are of
CHANCE = 1e-3  # how likely a classifier that guesses may pass for one that does not


def train_classifier(
    arrays: dict[str, np.ndarray],
    classes: int,
    settings: ClassifierTraining,
    device: torch.device,
    on_epoch: Callable[[dict], None] = lambda row: None,
    interruption: Interruption | None = None,
) -> tuple[Classifier, list[dict]]:
    """Train on `arrays` (train_images, train_labels, test_images, test_labels; uint8 images, integer labels).

    classes: of the data, some of which may have no images. Adam with a one-cycle learning rate whose peak is
    `settings.learning_rate`. Returns the model in eval mode and one row per epoch; the accuracies are shares in 0..1.
    Draws from torch's global generator. Raises ArchdynError when the loss is not finite, and when interrupted.
    """
    training = _Training(arrays, classes, settings, device)
    epochs = run_epochs(training, settings.epochs, on_epoch, interruption)
    return training.model.eval(), epochs


def check_judge(accuracy: float, labels: np.ndarray) -> None:
    """Raise ArchdynError unless a classifier is clearly better on held-out images than naming one class for all.

    accuracy: 0..1, on images with these labels, int (n,).
    """
    n, chance = len(labels), np.bincount(labels).max() / len(labels)
    if binomtest(round(accuracy * n), n, chance, alternative="greater").pvalue >= CHANCE:
        raise ArchdynError(
            f"the classifier that judges samples is right on {accuracy:.0%} of {n} held-out images, which naming one "
            f"class gets {chance:.0%} of: nothing that it says of samples counts. Give it more epochs (classifier) or "
            "more images"
        )


class _Training(OneCycleTraining):
    def __init__(self, arrays: dict[str, np.ndarray], classes: int, settings: ClassifierTraining, device: torch.device):
        self.test = arrays["test_images"], arrays["test_labels"]
        self.first = arrays["train_images"][:AVERAGED]
        self.images = on_device(arrays["train_images"], device)
        self.labels = on_device(arrays["train_labels"].astype(np.int64), device)
        shape = to_unit(self.images[:1]).shape[1:]
        model = Classifier(tuple(shape), classes).to(device)
        optimiser = torch.optim.Adam(model.parameters(), settings.learning_rate, fused=True)
        super().__init__(model, optimiser, len(self.images), settings, device)

    def loss(self, index: Tensor) -> Tensor:
        return cross_entropy(self.model(to_unit(self.images[index])), self.labels[index])

    def end_epoch(self, epoch: int, steps: np.ndarray) -> dict:
        """BatchNorm's running averages lag behind the weights, by more than a whole training where images are few, so
        that they are taken anew from the training images."""
        images, labels = self.test
        update_bn(unit_batches(self.first, self.images.device), self.model)
        _, logits = embed_images(self.model.eval(), images, self.images.device)
        self.model.train()
        return {"loss": float(steps.mean()), "test_accuracy": float((logits.argmax(1) == labels).mean())}
