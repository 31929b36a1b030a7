"""Replay a training step as one CUDA graph, so that the host does not limit small models."""

import warnings
from collections.abc import Callable

import torch
from torch import Tensor

WARMUP_STEPS = 3


class CapturedStep:
    """Calls `step(index)`; on CUDA, full batches are replayed as a graph after a few eager steps.

    The eager steps that CUDA needs before a capture are the first real steps of the training, and capturing
    runs nothing, so no step is lost or done twice. `step` takes a tensor of row numbers, must not synchronise,
    and must free its gradients (`zero_grad(set_to_none=True)`) before each backward pass.
    """

    def __init__(self, step: Callable[[Tensor], None], batch_size: int, device: torch.device):
        self._step, self._batch_size, self._device = step, batch_size, device
        self._eager_steps = 0
        self._graph = None
        # One stream for all eager steps: torch keeps the memory of past steps apart by stream.
        self._side = torch.cuda.Stream(device) if device.type == "cuda" else None

    def __call__(self, index: Tensor) -> None:
        if self._device.type != "cuda":
            self._step(index)
        elif len(index) != self._batch_size or self._eager_steps < WARMUP_STEPS:
            self._run_beside(index)
        else:
            self._replay(index)

    def _run_beside(self, index: Tensor) -> None:
        self._side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(self._side), warnings.catch_warnings():
            # Optimisers made for a graph say so when they step outside it.
            warnings.filterwarnings("ignore", "This instance was constructed with capturable=True", UserWarning)
            self._step(index)
        torch.cuda.current_stream().wait_stream(self._side)
        self._eager_steps += len(index) == self._batch_size

    def _replay(self, index: Tensor) -> None:
        if self._graph is None:
            self._index = index.clone()
            self._graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(self._graph):
                self._step(self._index)
        self._index.copy_(index)
        self._graph.replay()
