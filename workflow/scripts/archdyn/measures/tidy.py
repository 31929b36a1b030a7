"""One contract for all numbers: tidy rows (experiment, condition, seed, metric, value)."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from archdyn.errors import ArchdynError

COLUMNS = ["experiment", "condition", "seed", "metric", "value"]


def tidy(experiment: str, condition: str, seed: int, values: dict[str, float]) -> pd.DataFrame:
    """One row per named value."""
    rows = [(experiment, condition, seed, metric, float(value)) for metric, value in values.items()]
    return pd.DataFrame(rows, columns=COLUMNS)


def summarise(rows: pd.DataFrame) -> pd.DataFrame:
    """Mean, sample standard deviation (NaN for one seed) and n over the seeds, in order of appearance.

    Raises ArchdynError when a metric lacks seeds that others of its condition have: its n would be smaller.
    """
    _check_seeds(rows)
    groups = rows.groupby(["experiment", "condition", "metric"], sort=False)["value"]
    return groups.agg(mean="mean", sd="std", n="count").reset_index()


def _check_seeds(rows: pd.DataFrame) -> None:
    for (experiment, condition), group in rows.groupby(["experiment", "condition"], sort=False):
        seeds = group.groupby("metric", sort=False)["seed"].agg(lambda found: frozenset(found))
        fullest = max(seeds, key=len)
        for metric, found in seeds.items():
            if found != fullest:
                missing = ", ".join(map(str, sorted(fullest - found)))
                raise ArchdynError(
                    f"{experiment}, {condition}: {metric} has no value of seed {missing}, which others have"
                )


def per_image(condition: str, seed: int, values: dict[str, np.ndarray]) -> pd.DataFrame:
    """A row per image, whose `image` is its number among those that were measured.

    values: a metric's value for each image, (n,), by name; what is right or wrong becomes 1 or 0. A metric's mean over
    the images is what tidy rows (`archdyn.measures.tidy`) have under the same condition, seed and name.
    """
    columns = {name: column.astype(np.uint8) if column.dtype == bool else column for name, column in values.items()}
    n = len(next(iter(values.values())))
    return pd.DataFrame({"condition": condition, "seed": seed, "image": np.arange(n), **columns})


EPOCHS = (1, 2, 3, 4, 5, 6, 8, 10, 17, 20)  # those that the report prints


def at_epochs(epochs: pd.DataFrame, columns: Iterable[str]) -> dict[str, float]:
    """The columns at each of EPOCHS (loss_epoch1, ..., as far as it went) and at the last (loss_final).

    epochs: a row per epoch of one training, in order.
    """
    rows = {f"epoch{n}": epochs.iloc[n - 1] for n in EPOCHS if n <= len(epochs)}
    rows["final"] = epochs.iloc[-1]
    return {f"{column}_{when}": row[column] for when, row in rows.items() for column in columns}
