"""Train the report's VAE (section 5) under any of its conditions.

The images stay on the device as one tensor, nothing is read back inside an epoch, and on CUDA each batch is one
graph replay. Per-step numbers are collected in a tensor and read once an epoch.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from archdyn.experiments.vae.model import Vae, kl_per_dimension
from archdyn.experiments.vae.settings import VaeTraining
from archdyn.networks.capture import CapturedStep
from archdyn.networks.checkpoint import load_weights
from archdyn.networks.loop import Interruption, Stateful, Trace, run_epochs
from archdyn.networks.pixels import on_device, to_unit

COLUMNS = ("loss", "loss_reconstruction", "loss_kl", "reconstruction", "kl")


@dataclass
class TrainedVae:
    """What a training leaves: the model, the state of its Adam (to train on from), and one dict per epoch.

    An epoch has `kl_weight` (of its last batch), `batches`, and COLUMNS, per image, for `train_` (mean over the
    epoch's images while the weights change) and `test_` (after it): the loss with its two parts, as minimised,
    then, whatever the loss, the squared error summed over pixels and the KL summed over dimensions (nats), and the
    ELBO (nats): minus both. Its likelihood is the one that the report's loss implies, a Gaussian of variance 1/2,
    without its constant: -(pixels / 2) ln pi, -448.7 nats for 28 x 28.
    """

    model: Vae
    optimiser: "AdamState"
    epochs: list[dict]


def train_vae(
    train_images: np.ndarray,
    test_images: np.ndarray,
    settings: VaeTraining,
    device: torch.device,
    on_epoch: Callable[[dict], None] = lambda row: None,
    start: Path | None = None,
    interruption: Interruption | None = None,
) -> TrainedVae:
    """Train on uint8 images by `settings`.

    With `start`, that checkpoint's weights and optimiser state are where training starts. Draws from torch's global
    generator, so seed that first. Raises ArchdynError when a loss is not finite, and when interrupted.
    """
    images, held_out = (to_unit(on_device(part, device)) for part in (train_images[: settings.images], test_images))
    training = _Training(images, held_out, settings, start)
    last = min(settings.epochs, settings.stop_after or settings.epochs)
    epochs = run_epochs(training, last, on_epoch, interruption)
    return TrainedVae(training.model, training.optimiser_state, epochs)


def kl_weights(settings: VaeTraining, batches: int) -> np.ndarray:
    """Weight of the KL at each step, float32 (epochs * batches,), by `settings.annealing`.

    none: kl_weight throughout. epochs: the report's min(1, epoch / int(share x epochs)), constant within an epoch, so
    it starts above 0. steps: from 0 at the first step, linearly, to 1 after that share of the steps.
    """
    steps = np.arange(settings.epochs * batches)
    if settings.annealing == "none":
        rise = np.ones(len(steps))
    elif settings.annealing == "epochs":
        rise = (1 + steps // batches) / max(1, int(settings.annealing_share * settings.epochs))
    else:
        rise = steps / (settings.annealing_share * len(steps))
    return (settings.kl_weight * rise.clip(max=1)).astype(np.float32)


def loss_terms(
    images: Tensor, reconstructions: Tensor, mean: Tensor, logvar: Tensor, settings: VaeTraining
) -> list[Tensor]:
    """Batch means of the loss's reconstruction and KL, then of the summed squared error and the KL (nats).

    `reconstruction: mean` averages the squared error over the pixels as well, so that the KL outweighs it by their
    number. Free bits (Kingma et al. 2016) are a floor: below it the KL costs the same whatever it is, and is neither
    pushed down nor held up.
    """
    errors = (images - reconstructions).square().flatten(1)
    kl = kl_per_dimension(mean, logvar)
    error = errors.sum(1).mean()
    loss_error = errors.mean() if settings.reconstruction == "mean" else error
    return [loss_error, _above_floor(kl, settings), error, kl.sum(1).mean()]


def _above_floor(kl: Tensor, settings: VaeTraining) -> Tensor:
    """The KL (images, dimensions), summed and averaged, where the floor does not hold it up."""
    if settings.free_bits_of == "batch":
        return kl.sum(1).mean().clamp(min=settings.free_bits * kl.shape[1])
    return kl.clamp(min=settings.free_bits).sum(1).mean()


class AdamState(nn.Module):
    """The state of an Adam optimiser as buffers, so that a checkpoint keeps it beside the weights.

    The buffers are the optimiser's own tensors: loading into them loads into the optimiser.
    """

    def __init__(self, optimiser: torch.optim.Adam):
        super().__init__()
        parameters = [parameter for group in optimiser.param_groups for parameter in group["params"]]
        for number, parameter in enumerate(parameters):
            state = optimiser.state[parameter]
            state["step"] = torch.zeros((), device=parameter.device)
            state["exp_avg"] = torch.zeros_like(parameter)
            state["exp_avg_sq"] = torch.zeros_like(parameter)
            for name, tensor in state.items():
                self.register_buffer(f"{name}_{number}", tensor)


class _Training(nn.Module):
    """The model, its optimiser, and the trace of its steps."""

    def __init__(self, images: Tensor, held_out: Tensor, settings: VaeTraining, start: Path | None):
        super().__init__()
        self.images, self.held_out, self.settings = images, held_out, settings
        device = images.device
        # On a CPU, a step takes a fifth less time in channels_last.
        layout = torch.channels_last if device.type == "cpu" else torch.contiguous_format
        self.model = Vae(tuple(images.shape[1:])).to(device, memory_format=layout)
        self.optimiser = torch.optim.Adam(
            self.model.parameters(), settings.learning_rate, fused=True, capturable=device.type == "cuda"
        )
        self.optimiser_state = AdamState(self.optimiser)
        if start:
            load_weights(start, "vae", self.model)
            load_weights(start, "optimiser", self.optimiser_state)
        batches = -(-len(images) // settings.batch_size)
        self.kl_weights = torch.from_numpy(kl_weights(settings, batches)).to(device)
        self.trace = Trace(COLUMNS, len(self.kl_weights), device)
        self.step = CapturedStep(self._update, settings.batch_size, device)

    def state(self) -> dict[str, Stateful]:
        """Model, optimiser and trace."""
        return {"training": self}

    def batches(self) -> list[Tensor]:
        """In random order."""
        return list(torch.randperm(len(self.images), device=self.images.device).split(self.settings.batch_size))

    def end_epoch(self, epoch: int, steps: np.ndarray) -> dict:
        """The weight of the KL, and means over the training and the test images."""
        weight = self.kl_weights[epoch * len(steps) - 1]
        return (
            {"kl_weight": weight.item(), "batches": len(steps)}
            | _named("train", self._mean(steps, self.images))
            | _named("test", self._mean(self._score(weight), self.held_out))
        )

    def _mean(self, batches: np.ndarray, images: Tensor) -> np.ndarray:
        """Mean over the images of what `batches` has of each batch; as the report does it, over the batches where their
        errors are averaged, so that the images of a short last batch count for more."""
        sizes = [len(batch) for batch in images.split(self.settings.batch_size)]
        return np.average(batches, axis=0, weights=None if self.settings.reconstruction == "mean" else sizes)

    def _update(self, index: Tensor) -> None:
        """One update on the images with the row numbers `index`, and a row of the trace."""
        images = self.images[index]
        terms = loss_terms(images, *self.model(images), self.settings)
        loss = terms[0] + self.kl_weights[self.trace.position].squeeze() * terms[1]
        self.optimiser.zero_grad(set_to_none=True)
        # The report sums over the batch as well where it sums over the pixels.
        (loss if self.settings.reconstruction == "mean" else loss * len(images)).backward()
        self.optimiser.step()
        self.trace.add([loss, *terms])

    @torch.no_grad()
    def _score(self, kl_weight: Tensor) -> np.ndarray:
        """COLUMNS as means over each batch of test images, float32 (batches, len(COLUMNS))."""
        rows = []
        for batch in self.held_out.split(self.settings.batch_size):
            terms = loss_terms(batch, *self.model(batch), self.settings)
            rows.append(torch.stack([terms[0] + kl_weight * terms[1], *terms]))
        return torch.stack(rows).cpu().numpy()


def _named(split: str, values: np.ndarray) -> dict:
    row = {name: float(value) for name, value in zip(COLUMNS, values, strict=True)}
    row["elbo"] = -(row["reconstruction"] + row["kl"])
    return {f"{split}_{name}": value for name, value in row.items()}
