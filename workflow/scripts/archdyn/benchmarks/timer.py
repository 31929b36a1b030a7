"""Ways of doing the same work, timed in turn, and the report's way of reading images."""

from collections.abc import Callable

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import Dataset
from torchvision import transforms


def time_in_turn(
    ways: dict[str, Callable[[np.ndarray], float]], images: np.ndarray, batch_size: int, rounds: int
) -> list[dict]:
    """A row per round and way: `way`, `round`, `ms_per_step`, `images_per_s`.

    Each way takes the images and returns the seconds of one epoch.
    """
    steps = -(-len(images) // batch_size)
    rows = []
    for number in range(1, rounds + 1):
        for way, time_epoch in ways.items():
            seconds = time_epoch(images)
            pace = {"ms_per_step": 1000 * seconds / steps, "images_per_s": len(images) / seconds}
            rows.append({"way": way, "round": number} | pace)
    return rows


class PerImageDataset(Dataset):
    """Image by image through PIL and torchvision's transforms, as torchvision's own MNIST does it."""

    def __init__(self, images: np.ndarray, steps: list[Callable]):
        self.images = torch.from_numpy(images)
        self.transform = transforms.Compose(steps)

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, number: int) -> tuple[Tensor, int]:
        return self.transform(Image.fromarray(self.images[number].numpy())), 0
