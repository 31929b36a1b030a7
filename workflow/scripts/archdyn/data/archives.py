"""The archives of CIFAR-10 and STL-10 to arrays, read member by member: nothing is unpacked."""

import pickle
import tarfile
import zlib
from pathlib import Path

import numpy as np

from archdyn.errors import ArchdynError


def prepare_cifar10(archive: Path, classes: list[str]) -> dict[str, np.ndarray]:
    """Return train_images and test_images (n, 32, 32, 3) uint8, train_labels and test_labels (n,) int64.

    archive: of the binary version or of that for Python, which holds pickles, so that its content must be known to be
    right. In both, an image is its red, green and blue planes row by row (the formats' own description at
    https://www.cs.toronto.edu/~kriz/cifar.html). Raises ArchdynError, naming the archive, for anything else.
    """
    for_python = "python" in archive.name
    folder, ending = ("cifar-10-batches-py", "") if for_python else ("cifar-10-batches-bin", ".bin")
    splits = {
        "train": [f"{folder}/data_batch_{number}{ending}" for number in range(1, 6)],
        "test": [f"{folder}/test_batch{ending}"],
    }
    members = _read(archive, [name for names in splits.values() for name in names])
    batch = _python_batch if for_python else _binary_batch
    arrays = {}
    for split, names in splits.items():
        images, labels = zip(*(batch(members[name], archive, name) for name in names), strict=True)
        planes = _shaped(np.concatenate(images), (3, 32, 32), archive, names[0])
        arrays[f"{split}_images"] = planes.transpose(0, 2, 3, 1).copy()
        arrays[f"{split}_labels"] = _labels(np.concatenate(labels), classes, archive)
    return arrays


def _binary_batch(data: bytes, archive: Path, member: str) -> tuple[np.ndarray, np.ndarray]:
    """Pixels and labels of records that are a label's byte, then the planes."""
    records = _shaped(np.frombuffer(data, np.uint8), (1 + 3 * 32 * 32,), archive, member)
    return records[:, 1:].reshape(-1), records[:, 0]


def _python_batch(data: bytes, archive: Path, member: str) -> tuple[np.ndarray, np.ndarray]:
    """Pixels and labels of a dict that Python 2 pickled."""
    batch = pickle.loads(data, encoding="bytes")
    return batch[b"data"].reshape(-1), np.array(batch[b"labels"])


def prepare_stl10(archive: Path, classes: list[str]) -> dict[str, np.ndarray]:
    """Return train_images and test_images (n, 96, 96, 3) uint8, train_labels and test_labels (n,) int64.

    An image is its red, green and blue planes column by column, labels count from 1 (the format's own description
    at https://cs.stanford.edu/~acoates/stl10). Raises ArchdynError, naming the archive, for anything else.
    """
    names = [f"stl10_binary/{split}_{part}.bin" for split in ("train", "test") for part in ("X", "y")]
    members = _read(archive, names)
    arrays = {}
    for split in ("train", "test"):
        images_name, labels_name = (f"stl10_binary/{split}_{part}.bin" for part in ("X", "y"))
        planes = _shaped(np.frombuffer(members[images_name], np.uint8), (3, 96, 96), archive, images_name)
        arrays[f"{split}_images"] = planes.transpose(0, 3, 2, 1).copy()
        labels = np.frombuffer(members[labels_name], np.uint8)
        if len(labels) != len(planes):
            raise ArchdynError(f"{archive}: {len(labels)} labels in {labels_name} for {len(planes)} images")
        arrays[f"{split}_labels"] = _labels(labels - np.uint8(1), classes, archive)
    return arrays


def _read(archive: Path, names: list[str]) -> dict[str, bytes]:
    """The members' bytes, in one pass; it ends at the last one wanted, since STL-10's unlabelled images are 2.7 GB."""
    found = {}
    try:
        with tarfile.open(archive) as tar:
            for member in tar:
                if member.name in names:
                    found[member.name] = tar.extractfile(member).read()
                if len(found) == len(names):
                    break
    except (tarfile.TarError, EOFError, zlib.error, OSError) as error:
        raise ArchdynError(f"{archive}: not a readable tar archive ({error})") from error
    missing = [name for name in names if name not in found]
    if missing:
        raise ArchdynError(f"{archive}: holds no {', '.join(missing)}")
    return found


def _shaped(data: np.ndarray, shape: tuple[int, ...], archive: Path, member: str) -> np.ndarray:
    if len(data) == 0 or len(data) % np.prod(shape):
        raise ArchdynError(f"{archive}: {member} has {len(data)} bytes, not a multiple of {np.prod(shape)}")
    return data.reshape(-1, *shape)


def _labels(labels: np.ndarray, classes: list[str], archive: Path) -> np.ndarray:
    if labels.max() >= len(classes):
        raise ArchdynError(f"{archive}: label {labels.max()}, but there are {len(classes)} classes")
    return labels.astype(np.int64)
