"""One contract for all numbers: tidy rows (experiment, condition, seed, metric, value)."""

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
