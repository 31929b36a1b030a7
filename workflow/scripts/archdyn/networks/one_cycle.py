"""What trainings with a one-cycle learning rate share."""

from typing import Protocol

import torch
from torch import Tensor, nn

from archdyn.networks.loop import Stateful, Trace, shuffled_batches


class Schedule(Protocol):
    """The settings that such trainings have in common; learning_rate is the peak."""

    epochs: int
    batch_size: int
    learning_rate: float


class OneCycleTraining:
    """A training of `n` images for `run_epochs`; subclasses have `loss(index)` and `end_epoch`."""

    def __init__(
        self, model: nn.Module, optimiser: torch.optim.Optimizer, n: int, settings: Schedule, device: torch.device
    ):
        self.model, self.optimiser = model, optimiser
        self._n, self._batch_size, self._device = n, settings.batch_size, device
        steps = settings.epochs * -(-n // settings.batch_size)
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, settings.learning_rate, steps)
        self.trace = Trace(("loss",), steps, device)

    def state(self) -> dict[str, Stateful]:
        return {name: getattr(self, name) for name in ("model", "optimiser", "schedule", "trace")}

    def batches(self) -> list[Tensor]:
        return shuffled_batches(self._n, self._batch_size, self._device)

    def step(self, index: Tensor) -> None:
        loss = self.loss(index)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        self.optimiser.step()
        self.schedule.step()
        self.trace.add([loss])
