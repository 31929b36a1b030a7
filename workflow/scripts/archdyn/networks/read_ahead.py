"""Training images by row number: on the device where they fit, else read ahead, batch by batch."""

import os
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
import torch
from torch import Tensor

from archdyn.networks.pixels import on_device

DEVICE_SHARE = 0.5  # of the memory, which the model and its activations need too


class TrainingImages:
    """`self[index]` gives the uint8 images of those row numbers, on the device.

    images: uint8 (n, h, w[, 3]), which may be memory-mapped; rows: the row numbers to train on. Where they do not
    fit on the device (`resident` is false), each batch is read while the one before it is worked on; `announce` says
    in which order they come, and one that was not announced is read when it is asked for.
    """

    def __init__(self, images: np.ndarray, rows: np.ndarray, device: torch.device):
        self._device = device
        self.resident = fits(len(rows) * images[:1].nbytes, device)
        if self.resident:
            self._images = on_device(images[rows], device)
        else:
            self._source, self._rows = images, rows
            self._reader = ThreadPoolExecutor(1)
            self._coming: Iterator[Tensor] = iter(())
            self._ahead: tuple[Tensor, Future] | None = None

    def announce(self, batches: list[Tensor]) -> None:
        """The row numbers of the batches to come, in their order."""
        if not self.resident:
            self._coming = iter(batches)
            self._read_ahead()

    def __getitem__(self, index: Tensor) -> Tensor:
        if self.resident:
            return self._images[index]
        pixels = self._ahead[1].result() if self._ahead and self._ahead[0] is index else self._read(index)
        self._read_ahead()
        return pixels.to(self._device, non_blocking=True)

    def _read_ahead(self) -> None:
        index = next(self._coming, None)
        self._ahead = None if index is None else (index, self._reader.submit(self._read, index))

    def _read(self, index: Tensor) -> Tensor:
        pixels = torch.from_numpy(self._source[self._rows[index.cpu().numpy()]])
        return pixels.pin_memory() if self._device.type == "cuda" else pixels


def fits(size: int, device: torch.device) -> bool:
    """Whether so many bytes leave the model enough of the memory: the device's free one, or the machine's."""
    if device.type == "cuda":
        return size <= DEVICE_SHARE * torch.cuda.mem_get_info(device)[0]
    return size <= DEVICE_SHARE * os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
