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

from archdyn.embed.backbone import predict
from archdyn.models.backbones import Backbone
from archdyn.models.images import on_device
from archdyn.models.resnet import blocks, set_mode
from archdyn.train.capture import CapturedStep
from archdyn.train.loop import Interruption, Stateful, Trace, run_epochs

GRADIENT_BATCHES = 8


@dataclass
class Transfer:
    """What a training leaves: one dict per epoch, and the test images' logits, float32 (n, classes).

    An epoch has the loss and the accuracy on its batches as the weights changed (train_loss, train_accuracy), the
    accuracy after it on the images that validate (val_accuracy), the seconds that it trained (those since, where it was
    stopped), and the cost of the training: parameters that learn, images, and 10^9 floating-point operations per image
    (a multiplication and an addition are two), forward and backward. Accuracies are shares in 0..1.
    """

    epochs: list[dict]
    logits: np.ndarray


def split_rows(n: int, settings: dict, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Row numbers of the `n` training images to train on and to validate on, each in order, from the first `share` on.

    Under `validation: test` none of them validate.
    """
    used = round(n * settings["share"])
    held_out = round(used * settings["validation_share"]) if settings["validation"] == "split" else 0
    shuffled = np.random.default_rng(seed).permutation(used)
    return np.sort(shuffled[held_out:]), np.sort(shuffled[:held_out])


def train_transfer(
    backbone: Backbone,
    arrays: dict[str, np.ndarray],
    settings: dict,
    seed: int,
    device: torch.device,
    on_epoch: Callable[[dict], None] = lambda row: None,
    interruption: Interruption | None = None,
) -> Transfer:
    """Train what has requires_grad of `backbone.model`, in place.

    arrays: train_images, test_images (uint8), train_labels, test_labels (int). settings: resnet.training, precision and
    validation_share; `seed` draws the images that validate, all else torch's global generator. Raises ArchdynError when
    the loss is not finite, and when interrupted.
    """
    training = _TransferTraining(backbone, arrays, settings, seed, device)
    epochs = training.run(on_epoch, interruption)
    return Transfer(epochs, predict(backbone.model.eval(), backbone.preprocess, arrays["test_images"], device))


def train_head(
    arrays: dict[str, np.ndarray],
    settings: dict,
    seed: int,
    gflops: float,
    on_epoch: Callable[[dict], None] = lambda row: None,
    interruption: Interruption | None = None,
) -> tuple[nn.Linear, Transfer]:
    """Train a linear head on constant features: what `train_transfer` does, without running the frozen backbone.

    arrays: train_features, test_features float32 (n, d), train_labels, test_labels (int). `gflops` is what an image's
    features cost.
    """
    training = _HeadTraining(arrays, settings, seed, gflops)
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
    backbone: Backbone, images: np.ndarray, labels: np.ndarray, batch_size: int, device: torch.device
) -> dict[str, float]:
    """Root mean square of the loss's gradient over the parameters of each block, the mean over some batches.

    In train mode, as a training step would find it. By block name (layer1.0, ...), from the input to the output;
    parameters that the output does not depend on are left out.
    """
    model = backbone.model.train().requires_grad_(True)
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
    """A classifier that learns by Adam on cross-entropy; what `run_epochs` drives. `logits` is a subclass's."""

    def __init__(self, model: nn.Module, labels: Tensor, validation: tuple[np.ndarray, np.ndarray], settings: dict):
        self.model, self.labels, self.validation, self.settings = model, labels, validation, settings
        learning = [parameter for parameter in model.parameters() if parameter.requires_grad]
        device = labels.device
        self.optimiser = torch.optim.Adam(
            learning, settings["learning_rate"], fused=True, capturable=device.type == "cuda"
        )
        steps = settings["epochs"] * -(-len(labels) // settings["batch_size"])
        self.trace = Trace(("loss", "correct"), steps, device)
        self.step = CapturedStep(self._update, settings["batch_size"], device)
        self.cost = {"trainable_parameters": sum(parameter.numel() for parameter in learning), "images": len(labels)}
        self._began = time.perf_counter()

    def run(self, on_epoch: Callable[[dict], None], interruption: Interruption | None) -> list[dict]:
        """A dict per epoch, with the cost of the training."""
        epochs = run_epochs(self, self.settings["epochs"], on_epoch, interruption)
        return [row | self.cost for row in epochs]

    def state(self) -> dict[str, Stateful]:
        return {name: getattr(self, name) for name in ("model", "optimiser", "trace")}

    def batches(self) -> list[Tensor]:
        return list(torch.randperm(len(self.labels), device=self.labels.device).split(self.settings["batch_size"]))

    def _update(self, index: Tensor) -> None:
        logits, labels = self.logits(index), self.labels[index]
        loss = cross_entropy(logits, labels)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        self.optimiser.step()
        self.trace.add([loss, (logits.detach().argmax(1) == labels).float().mean()])

    def end_epoch(self, epoch: int, steps: np.ndarray) -> dict:
        seconds = time.perf_counter() - self._began
        size = self.settings["batch_size"]
        sizes = np.minimum(size, len(self.labels) - size * np.arange(len(steps)))
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
        settings: dict,
        seed: int,
        device: torch.device,
    ):
        rows, validation = _parts(arrays, "images", settings, seed)
        self.images, self.preprocess = on_device(arrays["train_images"][rows], device), backbone.preprocess
        labels = on_device(arrays["train_labels"][rows], device).long()
        super().__init__(backbone.model, labels, validation, settings)
        set_mode(self.model, settings["batchnorm"])
        self.cost["gflops_per_image"] = _step_gflops(self.model, self.preprocess(self.images[:2]))

    def logits(self, index: Tensor) -> Tensor:
        bfloat16 = self.settings["precision"] == "bfloat16"
        with torch.autocast(self.images.device.type, torch.bfloat16, enabled=bfloat16):
            return self.model(self.preprocess(self.images[index])).float()

    def predict(self, images: np.ndarray) -> np.ndarray:
        logits = predict(self.model.eval(), self.preprocess, images, self.images.device)
        set_mode(self.model, self.settings["batchnorm"])
        return logits


class _HeadTraining(_Learning):
    def __init__(self, arrays: dict[str, np.ndarray], settings: dict, seed: int, gflops: float):
        rows, validation = _parts(arrays, "features", settings, seed)
        self.features = torch.from_numpy(arrays["train_features"][rows])
        labels = torch.from_numpy(arrays["train_labels"][rows]).long()
        head = nn.Linear(self.features.shape[1], int(arrays["train_labels"].max()) + 1)
        super().__init__(head, labels, validation, settings)
        self.cost["gflops_per_image"] = gflops

    def logits(self, index: Tensor) -> Tensor:
        return self.model(self.features[index])

    @torch.no_grad()
    def predict(self, features: np.ndarray) -> np.ndarray:
        return self.model(torch.from_numpy(features)).numpy()


def _parts(
    arrays: dict[str, np.ndarray], kind: str, settings: dict, seed: int
) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray]]:
    """Rows to train on, and the inputs and labels that validate."""
    rows, held_out = split_rows(len(arrays["train_labels"]), settings, seed)
    if settings["validation"] == "split":
        return rows, (arrays[f"train_{kind}"][held_out], arrays["train_labels"][held_out])
    used = round(len(arrays["test_labels"]) * settings["share"])
    return rows, (arrays[f"test_{kind}"][:used], arrays["test_labels"][:used])


def _step_gflops(model: nn.Module, batch: Tensor) -> float:
    trial = copy.deepcopy(model)
    with FlopCounterMode(display=False) as counter:
        trial(batch).sum().backward()
    return counter.get_total_flops() / len(batch) / 1e9
