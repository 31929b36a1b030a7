"""Transfer a pretrained ResNet to another dataset (section 2), with its backbone running or on its features."""

import copy
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.utils.flop_counter import FlopCounterMode

from archdyn.experiments.resnet.model import blocks
from archdyn.experiments.resnet.settings import HeadTraining, ResnetMode, TransferTraining
from archdyn.networks.backbones import Backbone
from archdyn.networks.capture import CapturedStep
from archdyn.networks.inference import autocast, predict
from archdyn.networks.loop import Interruption, Stateful, Trace, run_epochs, shuffled_batches
from archdyn.networks.pixels import on_device
from archdyn.networks.stages import freeze, set_mode
from archdyn.networks.training_images import TrainingImages

GRADIENT_BATCHES = 8


@dataclass
class Transfer:
    """What a training leaves: one dict per epoch, and the test images' logits, float32 (n, classes).

    An epoch has the loss and the accuracy on its batches as the weights changed (train_loss, train_accuracy), the
    accuracy after it on the images that validate (val_accuracy), the seconds that it trained (those since, where it was
    stopped), and the cost: parameters that learn, and 10^9 floating-point operations (a multiplication and an addition
    are two), forward and backward. Where the features are constant, the first epoch has what it took to extract them,
    in operations and seconds. Accuracies are shares in 0..1.
    """

    epochs: list[dict]
    logits: np.ndarray


def split_rows(n: int, settings: HeadTraining, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Row numbers of the `n` training images to train on and to validate on, each in order, from the first `share` on.

    Under `validation: test` none of them validate.
    """
    used = round(n * settings.share)
    held_out = round(used * settings.validation_share) if settings.validation == "split" else 0
    shuffled = np.random.default_rng(seed).permutation(used)
    return np.sort(shuffled[held_out:]), np.sort(shuffled[:held_out])


def train_transfer(
    backbone: Backbone,
    arrays: dict[str, np.ndarray],
    settings: TransferTraining,
    seed: int,
    device: torch.device,
    on_epoch: Callable[[dict], None] = lambda row: None,
    interruption: Interruption | None = None,
) -> Transfer:
    """Train what has requires_grad of `backbone.model`, in place.

    arrays: train_images, test_images (uint8), train_labels, test_labels (int). `seed` draws the images that validate,
    all else torch's global generator. Raises ArchdynError when the loss is not finite, and when interrupted.
    """
    training = _TransferTraining(backbone, arrays, settings, seed, device)
    epochs = training.run(on_epoch, interruption)
    return Transfer(epochs, training.predict(arrays["test_images"]))


def train_head(
    arrays: dict[str, np.ndarray],
    settings: HeadTraining,
    seed: int,
    cost: dict,
    on_epoch: Callable[[dict], None] = lambda row: None,
    interruption: Interruption | None = None,
) -> tuple[nn.Linear, Transfer]:
    """Train a linear head on constant features: what `train_transfer` does, without running the frozen backbone.

    arrays: train_features, test_features float32 (n, d), train_labels, test_labels (int). `cost` is what an image's
    features took: gflops and seconds.
    """
    training = _HeadTraining(arrays, settings, seed, cost)
    epochs = training.run(on_epoch, interruption)
    return training.model, Transfer(epochs, training.predict(arrays["test_features"]))


@torch.no_grad()
def forward_gflops(backbone: Backbone, images: np.ndarray, device: torch.device) -> float:
    """10^9 floating-point operations of the forward pass per image."""
    batch = backbone.preprocess(on_device(images[:2], device))
    with FlopCounterMode(display=False) as counter:
        backbone.model(batch)
    return counter.get_total_flops() / len(batch) / 1e9


def gradient_norms(
    backbone: Backbone, mode: ResnetMode, images: np.ndarray, labels: np.ndarray, batch_size: int, device: torch.device
) -> dict[str, float]:
    """Root mean square of the loss's gradient over the parameters of each block, the mean over some batches.

    With BatchNorm as `mode` had it in the training. By block name (layer1.0, ...), from the input to the output;
    parameters that the output does not depend on are left out.
    """
    model = freeze(backbone.model, mode.trainable)
    set_mode(model, mode.batchnorm)
    model.requires_grad_(True)
    norms: dict[str, list[float]] = {name: [] for name in blocks(model)}
    for start in range(0, min(len(images), GRADIENT_BATCHES * batch_size), batch_size):
        batch = on_device(images[start : start + batch_size], device)
        target = on_device(labels[start : start + batch_size], device).long()
        model.zero_grad(set_to_none=True)
        cross_entropy(model(backbone.preprocess(batch)), target).backward()
        for name, block in blocks(model).items():
            gradients = torch.cat([p.grad.flatten() for p in block.parameters() if p.grad is not None])
            norms[name].append(gradients.square().mean().sqrt().item())
    return {name: float(np.mean(values)) for name, values in norms.items()}


def accuracy(logits: np.ndarray, labels: np.ndarray) -> float:
    """Top-1 accuracy, a share in 0..1."""
    return float((logits.argmax(1) == labels).mean())


class _Learning:
    """A classifier that learns by Adam on cross-entropy; what `run_epochs` drives.

    Subclasses have `logits` of training rows, `predict` for other inputs, and `with_cost` for an epoch's row.
    """

    def __init__(
        self,
        model: nn.Module,
        labels: Tensor,
        validation: tuple[np.ndarray, np.ndarray],
        settings: HeadTraining,
        captured: bool = True,  # False where a step reads what the host has, which a CUDA graph cannot hold
    ):
        self.model, self.labels, self.validation, self.settings = model, labels, validation, settings
        learning = [parameter for parameter in model.parameters() if parameter.requires_grad]
        device = labels.device
        self.optimiser = torch.optim.Adam(
            learning, settings.learning_rate, fused=True, capturable=captured and device.type == "cuda"
        )
        steps = settings.epochs * -(-len(labels) // settings.batch_size)
        self.trace = Trace(("loss", "correct"), steps, device)
        self.step = CapturedStep(self._update, settings.batch_size, device) if captured else self._update
        self.learning_parameters = {"trainable_parameters": sum(parameter.numel() for parameter in learning)}

    def run(self, on_epoch: Callable[[dict], None], interruption: Interruption | None) -> list[dict]:
        """A dict per epoch, with the cost of the training."""
        self._began = time.perf_counter()
        epochs = run_epochs(self, self.settings.epochs, on_epoch, interruption)
        return [self.with_cost(row) for row in epochs]

    def state(self) -> dict[str, Stateful]:
        return {name: getattr(self, name) for name in ("model", "optimiser", "trace")}

    def batches(self) -> list[Tensor]:
        return shuffled_batches(len(self.labels), self.settings.batch_size, self.labels.device)

    def _update(self, index: Tensor) -> None:
        logits, labels = self.logits(index), self.labels[index]
        loss = cross_entropy(logits, labels)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        self.optimiser.step()
        self.trace.add([loss, (logits.detach().argmax(1) == labels).float().mean()])

    def end_epoch(self, epoch: int, steps: np.ndarray) -> dict:
        seconds = time.perf_counter() - self._began
        size = self.settings.batch_size
        sizes = [*[size] * (len(steps) - 1), len(self.labels) - size * (len(steps) - 1)]
        loss, correct = np.average(steps, axis=0, weights=sizes).tolist()
        images, labels = self.validation
        scores = {"train_loss": loss, "train_accuracy": correct, "val_accuracy": accuracy(self.predict(images), labels)}
        self._began = time.perf_counter()
        return scores | {"seconds": seconds}


class _TransferTraining(_Learning):
    def __init__(
        self,
        backbone: Backbone,
        arrays: dict[str, np.ndarray],
        settings: TransferTraining,
        seed: int,
        device: torch.device,
    ):
        rows, validation = _parts(arrays, "images", settings, seed)
        self.images, self.preprocess = TrainingImages(arrays["train_images"], rows, device), backbone.preprocess
        labels = on_device(arrays["train_labels"][rows], device).long()
        super().__init__(backbone.model, labels, validation, settings, captured=self.images.resident)
        set_mode(self.model, settings.batchnorm)
        self.gflops = len(labels) * _step_gflops(self.model, self.preprocess(self.images[torch.arange(2)]))

    def with_cost(self, row: dict) -> dict:
        return row | self.learning_parameters | {"gflops": self.gflops}

    def logits(self, index: Tensor) -> Tensor:
        with autocast(self.labels.device, self.settings.precision):
            return self.model(self.preprocess(self.images[index])).float()

    def predict(self, images: np.ndarray) -> np.ndarray:
        logits = predict(self.model.eval(), self.preprocess, images, self.labels.device, self.settings.precision)
        set_mode(self.model, self.settings.batchnorm)
        return logits


class _HeadTraining(_Learning):
    def __init__(self, arrays: dict[str, np.ndarray], settings: HeadTraining, seed: int, cost: dict):
        rows, validation = _parts(arrays, "features", settings, seed)
        self.features = torch.from_numpy(arrays["train_features"][rows])
        labels = torch.from_numpy(arrays["train_labels"][rows]).long()
        head = nn.Linear(self.features.shape[1], int(arrays["train_labels"].max()) + 1)
        super().__init__(head, labels, validation, settings)
        self.extraction = {name: len(rows) * value for name, value in cost.items()}

    def with_cost(self, row: dict) -> dict:
        extraction = self.extraction if row["epoch"] == 1 else {"gflops": 0.0, "seconds": 0.0}
        seconds = row["seconds"] + extraction["seconds"]
        return row | self.learning_parameters | extraction | {"seconds": seconds}

    def logits(self, index: Tensor) -> Tensor:
        return self.model(self.features[index])

    @torch.no_grad()
    def predict(self, features: np.ndarray) -> np.ndarray:
        return self.model(torch.from_numpy(features)).numpy()


def _parts(
    arrays: dict[str, np.ndarray], kind: str, settings: HeadTraining, seed: int
) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray]]:
    """Rows to train on, and the inputs and labels that validate."""
    rows, held_out = split_rows(len(arrays["train_labels"]), settings, seed)
    if settings.validation == "split":
        return rows, (arrays[f"train_{kind}"][held_out], arrays["train_labels"][held_out])
    used = round(len(arrays["test_labels"]) * settings.share)
    return rows, (arrays[f"test_{kind}"][:used], arrays["test_labels"][:used])


def _step_gflops(model: nn.Module, batch: Tensor) -> float:
    trial = copy.deepcopy(model)
    with FlopCounterMode(display=False) as counter:
        trial(batch).sum().backward()
    return counter.get_total_flops() / len(batch) / 1e9
