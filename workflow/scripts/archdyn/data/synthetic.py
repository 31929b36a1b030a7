"""A small stand-in for MNIST, in its file format: ten kinds of bars, the same on every machine."""

import struct
from pathlib import Path

import numpy as np

SIDE = 28
CLASSES = 10
COUNTS = {"train": 512, "test": 256}


def synthesise(folder: Path, files: dict[str, dict]) -> None:
    """Write the four IDX files, named as in the registry's `files`, into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for seed, (split, number) in enumerate(COUNTS.items()):
        images, labels = draw(number, np.random.default_rng(seed))
        _write_idx(folder / files[f"{split}_images"]["name"], images)
        _write_idx(folder / files[f"{split}_labels"]["name"], labels)


def draw(number: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return images (number, 28, 28) and labels (number,), both uint8, the classes as even as can be.

    Classes 0 to 4 are a bright horizontal bar at one of five heights, 5 to 9 a vertical one; each is moved by
    up to a pixel, in brightness too it varies, and noise lies under it.
    """
    labels = rng.permutation(np.arange(number) % CLASSES).astype(np.uint8)
    images = rng.integers(0, 32, (number, SIDE, SIDE), dtype=np.uint8)
    for image, label, shift, brightness in zip(
        images, labels, rng.integers(-1, 2, (number, 2)), rng.integers(180, 256, number), strict=True
    ):
        canvas = image if label < CLASSES // 2 else image.T
        row = 3 + 5 * (int(label) % 5) + shift[0]
        canvas[row : row + 3, 4 + shift[1] : 24 + shift[1]] = brightness
    return images, labels


def _write_idx(path: Path, array: np.ndarray) -> None:
    header = struct.pack(f">BBBB{array.ndim}I", 0, 0, 0x08, array.ndim, *array.shape)
    path.write_bytes(header + array.tobytes())
