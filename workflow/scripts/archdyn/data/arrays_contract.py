"""What every array file must hold, checked where a job reads it: a wrong array ends the job in one line.

A contract belongs to a kind of file, known by the end of its name. Dimensions have names: files of one folder that
differ only in their kind (train_images, train_labels) describe the same n things, and must have as many rows.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from archdyn.errors import ArchdynError

OF_CLASSES = "classes.json"  # beside the labels of a dataset: the names of its classes


@dataclass(frozen=True)
class Contract:
    """dtypes: those allowed. shapes: those allowed, as names of the dimensions; () for any. low, high: of the values.

    Values are finite in any case.
    """

    dtypes: tuple[str, ...] = ()
    shapes: tuple[tuple[str, ...], ...] = ()
    low: float | None = None
    high: float | None = None


IMAGES = Contract(("uint8",), (("n", "height", "width"), ("n", "height", "width", "channels")))
VECTORS = Contract(("float32", "float16"), (("n", "dimensions"),))
# By the end of the file's name; the first that fits counts.
CONTRACTS: dict[str, Contract] = {
    r"seed\d+_(train|test)_images": VECTORS,  # CLIP's embeddings of them
    r"(^|_)images": IMAGES,
    r"_reconstructions": Contract(("uint8",), (("shown", "height", "width"), ("shown", "height", "width", "channels"))),
    r"(^|_)labels": Contract(("int64",), (("n",),), low=0),
    r"_masked_logits": Contract(("float32",), (("masks", "images", "classes"),)),
    r"_logits": Contract(("float32",), (("n", "classes"),)),
    r"masked_cls": Contract(("float32", "float16"), (("masks", "images", "dimensions"),)),
    r"_(features|cls|mean_patch|mean|logvar|layer\d|penultimate)": VECTORS,
    r"_projection": Contract(("float32",), (("n", "2"),)),
    r"_errors": Contract(("float32",), (("n", "priors"),), low=0),
    r"_(prompts|ensemble)": Contract(("float32",), (("prompts", "classes", "dimensions"),)),
    r"_minibatches": Contract(("float32",), (("minibatches", "2"),), low=0),
    r"_steps": Contract(("float32",), (("steps", "columns"),)),
    r"masked_probability": Contract(("float32",), (("masks", "images"),), low=0, high=1),
    r"masked_top1": Contract(("int64",), (("masks", "images"),), low=0),
    r"_attention": Contract(
        ("float32",),
        (("n", "layers", "heads", "tokens", "tokens"),),
        low=0,
        high=1 + 1e-3,  # of softmax, rounded
    ),
    r"": Contract(),
}


def check_arrays(paths: list[Path]) -> None:
    """Hold every .npy file to its contract, and files of the same things to each other.

    Raises ArchdynError with one line that names the file, what was found and what is allowed.
    """
    rows: dict[tuple[Path, str], tuple[Path, int]] = {}
    for path in paths:
        contract = _contract(path)
        array = _load(path)
        _check(path, array, contract)
        if contract.shapes and contract.shapes[0][0] == "n":
            _check_rows(path, len(array), rows)


def _contract(path: Path) -> Contract:
    return next(contract for end, contract in CONTRACTS.items() if re.search(f"{end}$", path.stem))


def _load(path: Path) -> np.ndarray:
    try:
        return np.load(path, mmap_mode="r")
    except (ValueError, EOFError) as error:
        message = f"{path}: not a whole array ({error}); delete it, and the next run makes it again"
        raise ArchdynError(message) from error


def _check(path: Path, array: np.ndarray, contract: Contract) -> None:
    if contract.dtypes and array.dtype.name not in contract.dtypes:
        raise ArchdynError(f"{path}: found {array.dtype.name} numbers; allowed: {' or '.join(contract.dtypes)}")
    if contract.shapes and not any(_fits(array.shape, shape) for shape in contract.shapes):
        allowed = " or ".join(f"({', '.join(shape)})" for shape in contract.shapes)
        raise ArchdynError(f"{path}: found the shape {array.shape}; allowed: {allowed}")
    if array.size == 0:
        raise ArchdynError(f"{path}: found no values (shape {array.shape}); allowed: at least one")
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise ArchdynError(f"{path}: found {np.count_nonzero(~np.isfinite(array))} values that are not finite")
    _check_range(path, array, contract)


def _check_range(path: Path, array: np.ndarray, contract: Contract) -> None:
    high = _highest_label(path) if path.stem.endswith("labels") else contract.high
    if contract.low is not None and array.min() < contract.low:
        raise ArchdynError(f"{path}: found {array.min()}; allowed: at least {contract.low:g}")
    if high is not None and array.max() > high:
        raise ArchdynError(f"{path}: found {array.max()}; allowed: at most {high:g}")


def _fits(shape: tuple[int, ...], names: tuple[str, ...]) -> bool:
    return len(shape) == len(names) and all(
        not name.isdigit() or length == int(name) for length, name in zip(shape, names, strict=True)
    )


def _highest_label(path: Path) -> int | None:
    classes = path.with_name(OF_CLASSES)
    return len(json.loads(classes.read_text(encoding="utf-8"))) - 1 if classes.is_file() else None


def _check_rows(path: Path, count: int, rows: dict[tuple[Path, str], tuple[Path, int]]) -> None:
    things = path.parent, path.stem.rpartition("_")[0]
    other, expected = rows.setdefault(things, (path, count))
    if count != expected:
        raise ArchdynError(f"{path}: found {count} rows; allowed: {expected}, as many as {other.name} has")
