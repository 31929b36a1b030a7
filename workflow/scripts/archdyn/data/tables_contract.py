"""What every CSV file of metrics must hold: its columns, one row per key, at least one row, and finite numbers."""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from archdyn.errors import ArchdynError


@dataclass(frozen=True)
class Contract:
    """columns: those that must be there (all of them, in this order, where `exact`). key: tells the rows apart."""

    columns: tuple[str, ...] = ()
    key: tuple[str, ...] = ()
    exact: bool = False
    may_lack: tuple[str, ...] = ()  # columns of numbers that may be empty


TIDY = Contract(
    ("experiment", "condition", "seed", "metric", "value"), ("experiment", "condition", "seed", "metric"), exact=True
)
SUMMARY = Contract(
    ("experiment", "condition", "metric", "mean", "sd", "n"),
    ("experiment", "condition", "metric"),
    exact=True,
    may_lack=("sd",),  # one seed has no spread
)
EFFECTS = Contract(
    ("outcome", "scale", "kind", "term", "contrast", "effect", "low", "high"),
    ("outcome", "term", "contrast"),
    may_lack=("from_mean", "to_mean", "low", "high", "holds_from"),  # see archdyn/designs
)
EPOCHS = Contract(("epoch",), ("condition", "seed", "epoch"))  # and what OF_EPOCHS adds
OF_TESTS = ("experiment", "claim", "protocol", "what", "relation")
TESTS = Contract(
    (*OF_TESTS, "effect", "low", "high", "k", "bound", "decision", "values"),
    OF_TESTS,  # what follows is empty for what cannot be tested, has no interval, or is of no training
    may_lack=("effect", "low", "high", "k", "n_seeds", "n_images", "bound", "unit", "p", "flips_at", "values"),
)
# By the file's name, of tables.
TABLES = {"tests.csv": TESTS}
# By the file's name, of metrics; the first that fits counts. Other CSV files need rows and finite numbers.
CONTRACTS: dict[str, Contract] = {
    r"design_.*\.csv": EFFECTS,  # before all others: a design has whatever name its author gives it
    r"summary\.csv": SUMMARY,
    r".*epochs\.csv": EPOCHS,
    r".*_pretraining\.csv": Contract(EPOCHS.columns, EPOCHS.key),
    r"(seed\d+_)?shift\.csv": Contract(("moved", "shift", "accuracy"), ("condition", "seed", "moved", "shift")),
    r".*_images\.csv": Contract(("condition", "seed", "image"), ("condition", "seed", "image")),
    r"starts\.csv": Contract(("start", "distance"), ("start",)),
    r"layers_cka\.csv": Contract(),
    r".*": TIDY,
}
# What later steps read of the epochs of an experiment's trainings, beside the epoch.
OF_EPOCHS = {
    "gan": "loss_d loss_g d_real d_fake mean_loss_d mean_loss_g mean_d_real mean_d_fake "
    "d_accuracy_train d_accuracy_held_out d_accuracy_fake "
    "lowest_logit_real highest_logit_real lowest_logit_fake highest_logit_fake g_saturated",
    "vae": "batches train_loss train_loss_reconstruction train_loss_kl train_reconstruction train_kl test_elbo",
    "resnet": "train_loss train_accuracy val_accuracy seconds trainable_parameters gflops",
}


def check_tables(paths: list[Path]) -> None:
    """Hold every CSV file to its contract, and what is gathered from several tidy files to one row per key.

    Raises ArchdynError with one line that names the file, what was found and what is allowed.
    """
    seen: dict[tuple, Path] = {}
    for path in paths:
        contract = _contract(path)
        table = _read(path)
        _check(path, table, contract)
        if contract is TIDY:
            _check_distinct(path, table, seen)


def _contract(path: Path) -> Contract:
    if path.parent.name != "metrics":
        return TABLES.get(path.name, Contract())
    experiment = path.parents[1].name
    found = next(contract for name, contract in CONTRACTS.items() if re.fullmatch(name, path.name))
    if found is EPOCHS and experiment in OF_EPOCHS:
        return Contract((*EPOCHS.columns, *OF_EPOCHS[experiment].split()), EPOCHS.key)
    return found


def _read(path: Path) -> pd.DataFrame:
    try:
        return pd.read_csv(path)
    except (pd.errors.EmptyDataError, pd.errors.ParserError, UnicodeDecodeError) as error:
        raise ArchdynError(f"{path}: not a table ({' '.join(str(error).split())})") from error


def _check(path: Path, table: pd.DataFrame, contract: Contract) -> None:
    columns = tuple(table.columns)
    right = columns == contract.columns if contract.exact else set(contract.columns) <= set(columns)
    if not right:
        raise ArchdynError(f"{path}: found the columns {', '.join(columns)}; allowed: {', '.join(contract.columns)}")
    if table.empty:
        raise ArchdynError(f"{path}: found no rows; allowed: at least one")
    key = [column for column in contract.key if column in columns]
    if key and table.duplicated(key).any():
        twice = ", ".join(map(str, table.loc[table.duplicated(key), key].iloc[0]))
        raise ArchdynError(f"{path}: found two rows for {twice}; allowed: one")
    for column in table.select_dtypes("number").columns.difference(list(contract.may_lack)):
        _check_finite(path, table, column, key)
    for column in {"value", "mean", "n"} & set(contract.columns):
        if not pd.api.types.is_numeric_dtype(table[column]):
            raise ArchdynError(f"{path}: found text in the column {column}; allowed: numbers")


def _check_finite(path: Path, table: pd.DataFrame, column: str, key: list[str]) -> None:
    wrong = table[~np.isfinite(table[column])]
    if len(wrong):
        row = wrong.iloc[0]
        where = ", ".join(str(row[name]) for name in key) or f"row {wrong.index[0] + 1}"
        raise ArchdynError(f"{path}: found {row[column]} as {column} of {where}; allowed: a finite number")


def _check_distinct(path: Path, table: pd.DataFrame, seen: dict[tuple, Path]) -> None:
    for row in table[list(TIDY.key)].itertuples(index=False, name=None):
        other = seen.setdefault(row, path)
        if other != path:
            raise ArchdynError(f"{path}: found {', '.join(map(str, row))}, which {other.name} has too; allowed: once")
