"""CIFAR-10 and STL-10 archives, in small files of the same format."""

import io
import pickle
import tarfile

import numpy as np
import pytest

from archdyn.data import registry
from archdyn.data.archives import prepare_cifar10, prepare_stl10
from archdyn.data.prepare import known_archive
from archdyn.errors import ArchdynError
from loopback import sha256

CLASSES = registry.load()["cifar10"]["classes"]


def write_archive(path, members: dict[str, bytes]):
    with tarfile.open(path, "w:gz") as tar:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return path


CIFAR10_BATCHES = [*(f"data_batch_{number}" for number in range(1, 6)), "test_batch"]


def cifar10_members(images: np.ndarray, labels: np.ndarray) -> dict[str, bytes]:
    """`images` (6 n, 32, 32, 3): n for each of the five training files and the test file."""
    records = np.concatenate([labels[:, None].astype(np.uint8), planes(images)], 1)
    parts = zip(CIFAR10_BATCHES, np.split(records, 6), strict=True)
    return {f"cifar-10-batches-bin/{name}.bin": part.tobytes() for name, part in parts}


def cifar10_python_members(images: np.ndarray, labels: np.ndarray) -> dict[str, bytes]:
    """The same for Python: dicts with keys of bytes, as Python 2 left them."""
    parts = zip(CIFAR10_BATCHES, np.split(planes(images), 6), np.split(labels, 6), strict=True)
    batches = {name: {b"data": pixels, b"labels": own.tolist(), b"batch_label": b""} for name, pixels, own in parts}
    return {f"cifar-10-batches-py/{name}": pickle.dumps(batch, protocol=2) for name, batch in batches.items()}


def planes(images: np.ndarray) -> np.ndarray:
    return images.transpose(0, 3, 1, 2).reshape(len(images), -1)


def stl10_members(images: np.ndarray, labels: np.ndarray) -> dict[str, bytes]:
    columns_first = images.transpose(0, 3, 2, 1)
    half = len(images) // 2
    return {
        "stl10_binary/test_X.bin": columns_first[half:].tobytes(),
        "stl10_binary/test_y.bin": (labels[half:] + 1).astype(np.uint8).tobytes(),
        "stl10_binary/train_X.bin": columns_first[:half].tobytes(),
        "stl10_binary/train_y.bin": (labels[:half] + 1).astype(np.uint8).tobytes(),
    }


@pytest.fixture
def drawn():
    generator = np.random.default_rng(0)
    return lambda n, size: (generator.integers(0, 256, (n, size, size, 3), np.uint8), generator.integers(0, 10, n))


@pytest.mark.parametrize(
    ("name", "members"),
    [("cifar-10-binary.tar.gz", cifar10_members), ("cifar-10-python.tar.gz", cifar10_python_members)],
)
def test_both_archives_of_cifar10_give_the_same_arrays(tmp_path, drawn, name, members):
    images, labels = drawn(12, 32)
    arrays = prepare_cifar10(write_archive(tmp_path / name, members(images, labels)), CLASSES)
    assert np.array_equal(arrays["train_images"], images[:10])
    assert np.array_equal(arrays["test_images"], images[10:])
    assert np.array_equal(np.concatenate([arrays["train_labels"], arrays["test_labels"]]), labels)
    assert arrays["train_labels"].dtype == np.int64


def test_stl10_images_are_stored_by_column(tmp_path, drawn):
    images, labels = drawn(6, 96)
    arrays = prepare_stl10(write_archive(tmp_path / "s.tar.gz", stl10_members(images, labels)), CLASSES)
    assert np.array_equal(arrays["train_images"], images[:3])
    assert np.array_equal(arrays["test_images"], images[3:])
    assert np.array_equal(np.concatenate([arrays["train_labels"], arrays["test_labels"]]), labels)


@pytest.mark.fault("one line names it, and nothing of it is read.")
def test_an_archive_with_another_content_is_not_unpickled(tmp_path, drawn):
    path = write_archive(tmp_path / "cifar-10-python.tar.gz", cifar10_python_members(*drawn(6, 32)))
    files = [{"name": "cifar-10-binary.tar.gz"}, {"name": path.name, "sha256": sha256(path)}]
    assert known_archive(tmp_path, files) == path
    files[1]["sha256"] = "0" * 64
    with pytest.raises(ArchdynError, match="cifar-10-python.tar.gz: its sha256 is not the registry's"):
        known_archive(tmp_path, files)


@pytest.mark.fault("one line names the archive.")
def test_broken_archives_are_refused_by_name(tmp_path, drawn):
    whole = cifar10_members(*drawn(6, 32))
    test = "cifar-10-batches-bin/test_batch.bin"
    broken = {
        f"holds no {test}": {name: data for name, data in whole.items() if name != test},
        ".*test_batch.bin has 3072 bytes, not a multiple of 3073": whole | {test: whole[test][:-1]},
        "label 10, but there are 10 classes": whole | {test: b"\n" + whole[test][1:]},
    }
    for reason, members in broken.items():
        with pytest.raises(ArchdynError, match=f"a.tar.gz: {reason}"):
            prepare_cifar10(write_archive(tmp_path / "a.tar.gz", members), CLASSES)
    path = write_archive(tmp_path / "b.tar.gz", whole)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(ArchdynError, match="b.tar.gz: not a readable tar archive"):
        prepare_cifar10(path, CLASSES)
    short = stl10_members(*drawn(4, 96)) | {"stl10_binary/test_y.bin": b"\x01"}
    with pytest.raises(ArchdynError, match="1 labels in stl10_binary/test_y.bin for 2 images"):
        prepare_stl10(write_archive(tmp_path / "c.tar.gz", short), CLASSES)
