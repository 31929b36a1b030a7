"""Training images by row number: on the device where they fit, else read batch by batch."""

import os

import numpy as np
import torch
from torch import Tensor

from archdyn.networks.pixels import on_device

DEVICE_SHARE = 0.5  # of the memory, which the model and its activations need too


class TrainingImages:
    """`self[index]` gives the uint8 images of those row numbers, on the device.

    images: uint8 (n, h, w[, 3]), which may be memory-mapped; rows: the row numbers to train on. resident: whether all
    of them fit on the device, and lie there.
    """

    def __init__(self, images: np.ndarray, rows: np.ndarray, device: torch.device):
        self._device, self._rows = device, rows
        self.resident = fits(len(rows) * images[:1].nbytes, device)
        self._images = on_device(images[rows], device) if self.resident else images

    def __getitem__(self, index: Tensor) -> Tensor:
        if self.resident:
            return self._images[index]
        return on_device(self._images[self._rows[index.cpu().numpy()]], self._device)


def fits(size: int, device: torch.device) -> bool:
    """Whether so many bytes leave the model enough of the memory: the device's free one, or the machine's."""
    if device.type == "cuda":
        return size <= DEVICE_SHARE * torch.cuda.mem_get_info(device)[0]
    return size <= DEVICE_SHARE * os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
