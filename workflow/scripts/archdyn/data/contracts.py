"""What arrays and tables must hold, checked where a job reads them: a wrong one ends the job in one line.

A contract belongs to a kind of file, known by its name. An array has an allowed type, shape and range, and finite
values; dimensions have names, and files of one folder that differ only in their kind (train_images, train_labels)
describe the same n things, so that they must have as many rows. A table of metrics has its columns, one row per key, at
least one row, and finite numbers.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from archdyn.errors import ArchdynError

OF_CLASSES = "classes.json"  # beside the labels of a dataset: the names of its classes


@dataclass(frozen=True)
class OfArray:
    """dtypes: those allowed. shapes: those allowed, as names of the dimensions; () for any. low, high: of the values.

    Values are finite in any case.
    """

    dtypes: tuple[str, ...] = ()
    shapes: tuple[tuple[str, ...], ...] = ()
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class OfTable:
    """columns: those that must be there. key: tells the rows apart. may_lack: columns of numbers that may be empty."""

    columns: tuple[str, ...] = ()
    key: tuple[str, ...] = ()
    may_lack: tuple[str, ...] = ()


IMAGES = OfArray(("uint8",), (("n", "height", "width"), ("n", "height", "width", "channels")))
VECTORS = OfArray(("float32", "float16"), (("n", "dimensions"),))
# By the end of the file's name; the first that fits counts.
ARRAYS: dict[str, OfArray] = {
    r"seed\d+_(train|test)_images": VECTORS,  # CLIP's embeddings of them
    r"(^|_)images": IMAGES,
    r"_reconstructions": OfArray(("uint8",), (("shown", "height", "width"), ("shown", "height", "width", "channels"))),
    r"(^|_)labels": OfArray(("int64",), (("n",),), low=0),
    r"_masked_logits": OfArray(("float32",), (("masks", "images", "classes"),)),
    r"_logits": OfArray(("float32",), (("n", "classes"),)),
    r"masked_cls": OfArray(("float32", "float16"), (("masks", "images", "dimensions"),)),
    r"_(features|cls|mean_patch|mean|logvar|layer\d|penultimate)": VECTORS,
    r"_projection": OfArray(("float32",), (("n", "2"),)),
    r"_errors": OfArray(("float32",), (("n", "priors"),), low=0),
    r"_(prompts|ensemble)": OfArray(("float32",), (("prompts", "classes", "dimensions"),)),
    r"_minibatches": OfArray(("float32",), (("minibatches", "2"),), low=0),
    r"_steps": OfArray(("float32",), (("steps", "columns"),)),
    r"masked_probability": OfArray(("float32",), (("masks", "images"),), low=0, high=1),
    r"masked_top1": OfArray(("int64",), (("masks", "images"),), low=0),
    r"_attention": OfArray(  # of softmax, rounded
        ("float32",), (("n", "layers", "heads", "tokens", "tokens"),), low=0, high=1 + 1e-3
    ),
    r"": OfArray(),
}
TIDY = OfTable(("experiment", "condition", "seed", "metric", "value"), ("experiment", "condition", "seed", "metric"))
OF_TESTS = ("experiment", "claim", "protocol", "what", "relation")
OF_EPOCHS = ("condition", "seed", "epoch")
# By the last three parts of the path; the first that fits counts. Other CSV files need rows and finite numbers.
TABLES: dict[str, OfTable] = {
    r".*/metrics/design_.*": OfTable(  # before all others: a design has whatever name its author gives it
        ("outcome", "scale", "kind", "term", "contrast", "effect", "low", "high"),
        ("outcome", "term", "contrast"),
        may_lack=("from_mean", "to_mean", "low", "high", "holds_from"),  # see archdyn/designs
    ),
    r".*/metrics/summary\.csv": OfTable(
        ("experiment", "condition", "metric", "mean", "sd", "n"),
        ("experiment", "condition", "metric"),
        may_lack=("sd",),  # one seed has no spread
    ),
    # Beside the epoch, what later steps read of the trainings.
    r"gan/metrics/.*epochs\.csv": OfTable(
        (
            *("epoch", "loss_d", "loss_g", "d_real", "d_fake", "mean_loss_d", "mean_loss_g", "mean_d_real"),
            *("mean_d_fake", "d_accuracy_train", "d_accuracy_held_out", "d_accuracy_fake", "lowest_logit_real"),
            *("highest_logit_real", "lowest_logit_fake", "highest_logit_fake", "g_saturated"),
        ),
        OF_EPOCHS,
    ),
    r"vae/metrics/.*epochs\.csv": OfTable(
        (
            *("epoch", "batches", "train_loss", "train_loss_reconstruction", "train_loss_kl", "train_reconstruction"),
            *("train_kl", "test_elbo"),
        ),
        OF_EPOCHS,
    ),
    r"resnet/metrics/.*epochs\.csv": OfTable(
        ("epoch", "train_loss", "train_accuracy", "val_accuracy", "seconds", "trainable_parameters", "gflops"),
        OF_EPOCHS,
    ),
    r".*/metrics/.*(epochs|_pretraining)\.csv": OfTable(("epoch",), OF_EPOCHS),
    r".*/metrics/.*shift\.csv": OfTable(("moved", "shift", "accuracy"), ("condition", "seed", "moved", "shift")),
    r".*/metrics/.*_images\.csv": OfTable(("condition", "seed", "image"), ("condition", "seed", "image")),
    r".*/metrics/layers_cka\.csv": OfTable(),
    r".*/metrics/.*": TIDY,
    r".*/tests\.csv": OfTable(
        (*OF_TESTS, "effect", "low", "high", "k", "bound", "decision", "values"),
        OF_TESTS,  # what follows is empty for what cannot be tested, has no interval, or is of no training
        may_lack=("effect", "low", "high", "k", "n_seeds", "n_images", "bound", "unit", "p", "flips_at", "values"),
    ),
    r".*": OfTable(),
}


def check_inputs(paths: list[Path]) -> None:
    """Hold the arrays (.npy) and tables (.csv) among these files to their contracts, and to each other.

    This and the functions below raise ArchdynError with one line: the file, what was found and what is allowed.
    """
    check_arrays([path for path in paths if path.suffix == ".npy"])
    check_tables([path for path in paths if path.suffix == ".csv"])


def check_arrays(paths: list[Path]) -> None:
    """Hold every .npy file to its contract, and files of the same things to each other."""
    rows: dict[tuple[Path, str], tuple[Path, int]] = {}
    for path in paths:
        contract = next(contract for end, contract in ARRAYS.items() if re.search(f"{end}$", path.stem))
        array = _load_array(path)
        _check_array(path, array, contract)
        if contract.shapes and contract.shapes[0][0] == "n":
            _check_rows(path, len(array), rows)


def check_tables(paths: list[Path]) -> None:
    """Hold every CSV file to its contract, and what is gathered from several tidy files to one row per key."""
    seen: dict[tuple, Path] = {}
    for path in paths:
        contract = _of_table(path)
        table = _read_table(path)
        _check_table(path, table, contract)
        if contract is TIDY:
            _check_distinct(path, table, seen)


def _load_array(path: Path) -> np.ndarray:
    try:
        return np.load(path, mmap_mode="r")
    except (ValueError, EOFError) as error:
        message = f"{path}: not a whole array ({error}); delete it, and the next run makes it again"
        raise ArchdynError(message) from error


def _check_array(path: Path, array: np.ndarray, contract: OfArray) -> None:
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


def _check_range(path: Path, array: np.ndarray, contract: OfArray) -> None:
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


def _of_table(path: Path) -> OfTable:
    name = "/".join(path.absolute().parts[-3:])
    return next(contract for pattern, contract in TABLES.items() if re.fullmatch(pattern, name))


def _read_table(path: Path):
    import pandas as pd  # which takes half a second, and many jobs read no table

    try:
        return pd.read_csv(path)
    except (pd.errors.EmptyDataError, pd.errors.ParserError, UnicodeDecodeError) as error:
        raise ArchdynError(f"{path}: not a table ({' '.join(str(error).split())})") from error


def _check_table(path: Path, table, contract: OfTable) -> None:
    if not set(contract.columns) <= set(table.columns):
        found, allowed = ", ".join(table.columns), ", ".join(contract.columns)
        raise ArchdynError(f"{path}: found the columns {found}; allowed: {allowed}")
    if table.empty:
        raise ArchdynError(f"{path}: found no rows; allowed: at least one")
    key = [column for column in contract.key if column in table.columns]
    if key and table.duplicated(key).any():
        twice = ", ".join(map(str, table.loc[table.duplicated(key), key].iloc[0]))
        raise ArchdynError(f"{path}: found two rows for {twice}; allowed: one")
    for column in table.select_dtypes("number").columns.difference(list(contract.may_lack)):
        _check_finite(path, table, column, key)
    for column in {"value", "mean", "n"} & set(contract.columns):
        if table[column].dtype.kind not in "iuf":
            raise ArchdynError(f"{path}: found text in the column {column}; allowed: numbers")


def _check_finite(path: Path, table, column: str, key: list[str]) -> None:
    wrong = table[~np.isfinite(table[column])]
    if len(wrong):
        row = wrong.iloc[0]
        where = ", ".join(str(row[name]) for name in key) or f"row {wrong.index[0] + 1}"
        raise ArchdynError(f"{path}: found {row[column]} as {column} of {where}; allowed: a finite number")


def _check_distinct(path: Path, table, seen: dict[tuple, Path]) -> None:
    for row in table[list(TIDY.key)].itertuples(index=False, name=None):
        other = seen.setdefault(row, path)
        if other != path:
            raise ArchdynError(f"{path}: found {', '.join(map(str, row))}, which {other.name} has too; allowed: once")
