"""The frame of every training: epochs, pace, a check that all numbers are finite, and going on after a stop.

A training that is asked to stop (by Slurm's time limit, preemption, Ctrl-C) saves everything that its next steps depend
on after the running step: weights, optimisers, random states, the epoch's order and how far it went. The next attempt
continues from there, to the same numbers as if it had never stopped.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from torch import Tensor, nn

from archdyn.errors import ArchdynError
from archdyn.networks.checkpoint import load_state_or_set_aside, save_state


class Stateful(Protocol):
    """What modules, optimisers and learning-rate schedules have in common."""

    def state_dict(self) -> dict: ...
    def load_state_dict(self, state: dict) -> object: ...


class Trace(nn.Module):
    """A row of numbers for every step, kept on the device so that a step reads nothing back."""

    def __init__(self, columns: tuple[str, ...], steps: int, device: torch.device):
        super().__init__()
        self.columns = columns
        self.register_buffer("rows", torch.zeros(steps, len(columns), device=device))
        self.register_buffer("position", torch.zeros(1, dtype=torch.long, device=device))

    def add(self, values: list[Tensor]) -> None:
        """Write the next row, one scalar for each column; a CUDA graph can hold this."""
        self.rows.index_copy_(0, self.position, torch.stack(values).detach()[None])
        self.position += 1

    def all(self) -> np.ndarray:
        """All rows so far, float32 (steps, columns); waits for the device."""
        return self.rows[: self.position.item()].cpu().numpy()


def shuffled_batches(n: int, size: int, device: torch.device) -> list[Tensor]:
    """All row numbers in an order drawn anew; a last one alone joins the batch before, since BatchNorm needs two."""
    batches = list(torch.randperm(n, device=device).split(size))
    if len(batches) > 1 and len(batches[-1]) == 1:
        batches[-2:] = [torch.cat(batches[-2:])]
    return batches


class Training(Protocol):
    """What `run_epochs` drives."""

    trace: Trace
    step: Callable[[Tensor], None]  # one update on the images with these row numbers, and a row of the trace

    def state(self) -> dict[str, Stateful]:
        """All that the steps change, by name."""

    def batches(self) -> list[Tensor]:
        """The row numbers of each batch of an epoch, in an order drawn anew."""

    def end_epoch(self, epoch: int, steps: np.ndarray) -> dict:
        """The epoch's numbers, for `run_epochs` to return, from its rows of the trace."""


@dataclass
class Interruption:
    """Whether a training is asked to stop, and where it keeps its state for the next attempt.

    `digest` is a hash of everything that determines the training (settings, data, code): a state saved under another
    digest is dropped. `say` tells the user that a training continues from a saved state.
    """

    path: Path
    digest: str
    requested: Callable[[], bool]
    say: Callable[[str], None] = print


def run_epochs(
    training: Training,
    epochs: int,
    on_epoch: Callable[[dict], None] = lambda row: None,
    interruption: Interruption | None = None,
) -> list[dict]:
    """Run the training and return a dict per epoch: `epoch`, from 1 on, and what `end_epoch` gives.

    `on_epoch` gets each of them with `images_per_s` and `eta_s`; those of the epochs before a stop are given again.
    Raises ArchdynError when a number of the trace is not finite, and when stopped.
    """
    run = _Run(training, epochs, on_epoch, interruption)
    if interruption:
        run.go_on()
    while len(run.rows) < epochs:
        run.epoch()
    return [row for row, _ in run.rows]


class _Run:
    def __init__(self, training: Training, epochs: int, on_epoch: Callable, interruption: Interruption | None):
        self.training, self.epochs, self.on_epoch, self.interruption = training, epochs, on_epoch, interruption
        self.rows: list[tuple[dict, dict]] = []  # each finished epoch's numbers and pace
        self.batches: list[Tensor] = []  # of the running epoch
        self.done = 0  # of these

    def epoch(self) -> None:
        began, before = time.perf_counter(), self.done
        self.batches = self.batches or self.training.batches()
        for index in self.batches[self.done :]:
            self.training.step(index)
            self.done += 1
            if self.interruption and self.interruption.requested():
                self._stop()
        number, steps = len(self.rows) + 1, self.training.trace.all()[-len(self.batches) :]
        trained = time.perf_counter()
        _check_finite(self.training.trace.columns, steps, number)
        row = {"epoch": number} | self.training.end_epoch(number, steps)
        _check_row_finite(row)
        whole = (time.perf_counter() - began) * len(self.batches) / max(1, self.done - before)
        images = sum(map(len, self.batches[before:]))
        pace = {"images_per_s": round(images / (trained - began)), "eta_s": round((self.epochs - number) * whole)}
        self.rows.append((row, pace))
        self.batches, self.done = [], 0
        self.on_epoch(row | pace)

    def _stop(self) -> None:
        state = {
            "digest": self.interruption.digest,
            "training": {name: part.state_dict() for name, part in self.training.state().items()},
            "rows": self.rows,
            "batches": [index.clone() for index in self.batches],
            "done": self.done,
            "random": _random_states(),
        }
        save_state(self.interruption.path, state)
        raise ArchdynError(f"stopped on request after {self._position()}; the next attempt goes on from there")

    def go_on(self) -> None:
        """Take up the state of an earlier attempt, if there is one of the same training."""
        path = self.interruption.path
        if not path.exists():
            return
        state = load_state_or_set_aside(path, self.interruption.say)
        if state is None:
            return
        if state["digest"] != self.interruption.digest:
            self.interruption.say(f"starts afresh: settings, data or code are not those of {path}")
            path.unlink()
            return
        for name, part in self.training.state().items():
            part.load_state_dict(state["training"][name])
            if isinstance(part, torch.optim.Optimizer):
                _lay_out_as_parameters(part)
        device = self.training.trace.rows.device
        self.rows, self.done = state["rows"], state["done"]
        self.batches = [index.to(device) for index in state["batches"]]
        _set_random_states(state["random"])
        for row, pace in self.rows:
            self.on_epoch(row | pace)
        self.interruption.say(f"goes on after {self._position()}, from {path}")

    def _position(self) -> str:
        return f"epoch {len(self.rows) + 1}, step {self.done} of {len(self.batches)}"


def _lay_out_as_parameters(optimiser: torch.optim.Optimizer) -> None:
    """Give the loaded moments the memory layout of their parameters: fused optimisers pair them by position."""
    for parameter, state in optimiser.state.items():
        for name, value in state.items():
            if isinstance(value, Tensor) and value.shape == parameter.shape:
                state[name] = torch.empty_like(parameter, dtype=value.dtype).copy_(value)


def _random_states() -> dict:
    on_gpu = {"cuda": torch.cuda.get_rng_state()} if torch.cuda.is_initialized() else {}
    return {"torch": torch.get_rng_state(), "numpy": np.random.get_state(legacy=False)} | on_gpu


def _set_random_states(states: dict) -> None:
    torch.set_rng_state(states["torch"])
    np.random.set_state(states["numpy"])
    if "cuda" in states:
        torch.cuda.set_rng_state(states["cuda"])


def _check_finite(columns: tuple[str, ...], steps: np.ndarray, epoch: int) -> None:
    for name, column in zip(columns, steps.T, strict=True):
        if not np.isfinite(column).all():
            step = int(np.flatnonzero(~np.isfinite(column))[0]) + 1
            raise ArchdynError(f"training diverged: {name} is {column[step - 1]} in epoch {epoch}, step {step}")


def _check_row_finite(row: dict) -> None:
    for name, value in row.items():
        if not np.isfinite(value):
            raise ArchdynError(f"training diverged: {name} is {value} after epoch {row['epoch']}")
