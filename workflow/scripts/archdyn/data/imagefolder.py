"""A user's own pictures, one sub-folder per class, to the arrays of a dataset."""

import random
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from archdyn.data.folders import listed
from archdyn.data.pictures import read_picture

SEED = 0


def prepare_imagefolder(root: Path, size: int, channels: int) -> tuple[dict[str, np.ndarray], list[str]]:
    """Return the arrays train_images, train_labels, test_images, test_labels, and the class names in order.

    root: of a layout that `archdyn.data.folders.listed` knows. Images are cropped to a centred square and scaled:
    (n, size, size) uint8 for one channel (grey), (n, size, size, 3) for three (RGB); labels are (n,) int64. They are in
    a random order, always the same, so that the first of them are of all classes. Raises ArchdynError as `listed` does,
    and for a file that is no readable image.
    """
    files = listed(root)
    classes = sorted(files["train"])
    arrays = {}
    for split, by_class in files.items():
        labelled = [(file, label) for label, name in enumerate(classes) for file in by_class[name]]
        random.Random(SEED).shuffle(labelled)
        arrays[f"{split}_images"] = _pixels([file for file, _ in labelled], size, channels)
        arrays[f"{split}_labels"] = np.array([label for _, label in labelled], np.int64)
    return arrays, classes


def _pixels(files: list[Path], size: int, channels: int) -> np.ndarray:
    pixels = np.empty((len(files), size, size, 3)[: 3 if channels == 1 else 4], np.uint8)
    for row, file in zip(pixels, files, strict=True):
        picture = read_picture(file, "L" if channels == 1 else "RGB")
        # Pillow's filters widen with the scale, so that shrinking does not alias.
        row[:] = np.asarray(ImageOps.fit(picture, (size, size), Image.Resampling.BILINEAR))
    return pixels
