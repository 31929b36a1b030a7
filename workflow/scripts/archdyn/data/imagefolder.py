"""A user's own pictures, one sub-folder per class, to the arrays of a dataset."""

import random
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from archdyn.data.pictures import printable, read_picture
from archdyn.errors import ArchdynError

TEST_EVERY = 5
SEED = 0


def prepare_imagefolder(root: Path, size: int, channels: int) -> tuple[dict[str, np.ndarray], list[str]]:
    """Return the arrays train_images, train_labels, test_images, test_labels, and the class names in order.

    `root` has sub-folders train and test with the class folders in them, or the class folders themselves; in
    that case the first file of each class, in sorted order, and every fifth after it are for testing.
    Images are cropped to a centred square and scaled: (n, size, size) uint8 for one channel (grey),
    (n, size, size, 3) for three (RGB); labels are (n,) int64. They are in a random order, always the same, so that the
    first of them are of all classes. Hidden files are skipped. Raises ArchdynError for fewer than two classes, a class
    name that is not UTF-8, a class without training or test images, and a file that is no readable image.
    """
    splits = _listed_splits(root)
    classes = sorted(splits["train"])
    _check(splits, classes, root)
    arrays = {}
    for split, files in splits.items():
        labelled = [(file, label) for label, name in enumerate(classes) for file in files[name]]
        random.Random(SEED).shuffle(labelled)
        arrays[f"{split}_images"] = np.stack([_pixels(file, size, channels) for file, _ in labelled])
        arrays[f"{split}_labels"] = np.array([label for _, label in labelled], np.int64)
    return arrays, classes


def _listed_splits(root: Path) -> dict[str, dict[str, list[Path]]]:
    """split -> class name -> files."""
    if (root / "train").is_dir() and (root / "test").is_dir():
        return {split: _class_files(root / split) for split in ("train", "test")}
    files = _class_files(root)
    return {
        "train": {name: [file for i, file in enumerate(found) if i % TEST_EVERY] for name, found in files.items()},
        "test": {name: found[::TEST_EVERY] for name, found in files.items()},
    }


def _class_files(folder: Path) -> dict[str, list[Path]]:
    return {child.name: _visible(child) for child in _visible(folder) if child.is_dir()}


def _visible(folder: Path) -> list[Path]:
    return sorted(child for child in folder.iterdir() if not child.name.startswith("."))


def _check(splits: dict[str, dict[str, list[Path]]], classes: list[str], root: Path) -> None:
    if len(classes) < 2:
        raise ArchdynError(f"{root}: an image folder needs a sub-folder for each of two classes or more")
    for name in classes:
        if printable(name) != name:
            raise ArchdynError(f"{root}: the class name {printable(name)} is not UTF-8")
    for split, files in splits.items():
        empty = [name for name in classes if not files.get(name)]
        if empty:
            raise ArchdynError(f"{root}: no {split} images of class {', '.join(empty)}")
        unknown = sorted(set(files) - set(classes))
        if unknown:
            raise ArchdynError(f"{root}: {split} has class {', '.join(unknown)}, which train lacks")


def _pixels(file: Path, size: int, channels: int) -> np.ndarray:
    picture = read_picture(file, "L" if channels == 1 else "RGB")
    # Pillow's filters widen with the scale, so that shrinking does not alias.
    return np.asarray(ImageOps.fit(picture, (size, size), Image.Resampling.BILINEAR))
