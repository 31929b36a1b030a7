"""Files in MNIST's IDX format to arrays, and the arrays' files that every later job reads."""

import hashlib
import json
import struct
from pathlib import Path

import numpy as np

from archdyn.errors import ArchdynError

UNSIGNED_BYTE = 0x08


def prepare_idx(raw: Path, files: dict[str, dict], image_shape: list[int], classes: list[str]) -> dict[str, np.ndarray]:
    """Return train_images and test_images (n, h, w) uint8, train_labels and test_labels (n,) int64.

    `files` are the registry's, by role; a sha256 in them is checked. Raises ArchdynError, naming the file,
    for wrong bytes, a wrong image shape, counts that differ, and labels beyond the classes.
    """
    arrays = {role: read_idx(raw / file["name"], file.get("sha256")) for role, file in files.items()}
    for split in ("train", "test"):
        images, labels = arrays[f"{split}_images"], arrays[f"{split}_labels"]
        images_file, labels_file = (
            raw / files[f"{split}_images"]["name"],
            raw / files[f"{split}_labels"]["name"],
        )
        if images.shape[1:] != tuple(image_shape):
            raise ArchdynError(f"{images_file}: images of shape {images.shape[1:]}, not {tuple(image_shape)}")
        if labels.shape != images.shape[:1]:
            raise ArchdynError(f"{labels_file}: labels of shape {labels.shape} for {len(images)} images")
        if labels.max(initial=0) >= len(classes):
            raise ArchdynError(f"{labels_file}: label {labels.max()}, but there are {len(classes)} classes")
        arrays[f"{split}_labels"] = labels.astype(np.int64)
    return arrays


def read_idx(path: Path, sha256: str | None = None) -> np.ndarray:
    """Return an IDX file of unsigned bytes as a uint8 array of the shape that its header gives.

    Raises ArchdynError, naming the file, if it is not one, is truncated or too long, or has another sha256.
    """
    data = path.read_bytes()
    if sha256 and hashlib.sha256(data).hexdigest() != sha256:
        raise ArchdynError(f"{path}: its sha256 is not the registry's; delete it to fetch it again")
    if len(data) < 4 or data[:3] != bytes([0, 0, UNSIGNED_BYTE]):
        raise ArchdynError(f"{path}: not an IDX file of unsigned bytes (it starts with {data[:4].hex(' ')})")
    start = 4 + 4 * data[3]
    if len(data) < start:
        raise ArchdynError(f"{path}: truncated within its header")
    shape = struct.unpack(f">{data[3]}I", data[4:start])
    expected = start + int(np.prod(shape))
    if len(data) != expected:
        raise ArchdynError(f"{path}: {len(data)} bytes, where its header says {expected}")
    return np.frombuffer(data, np.uint8, offset=start).reshape(shape)


def known_archive(raw: Path, files: list[dict]) -> Path:
    """The one of `files` that lies in the folder `raw`, after its sha256 was found right.

    Raises ArchdynError, naming the file, where it is another.
    """
    file = next(file for file in files if (raw / file["name"]).is_file())
    path = raw / file["name"]
    with path.open("rb") as content:
        if hashlib.file_digest(content, "sha256").hexdigest() != file["sha256"]:
            raise ArchdynError(f"{path}: its sha256 is not the registry's; delete it to fetch it again")
    return path


def save_dataset(arrays: dict[str, np.ndarray], classes: list[str], paths: dict[str, Path]) -> None:
    """Write each array as .npy to the path of its name, and the class names to `paths["classes"]` as JSON."""
    for name, array in arrays.items():
        np.save(paths[name], array)
    paths["classes"].write_text(json.dumps(classes, indent=2) + "\n", encoding="utf-8")
