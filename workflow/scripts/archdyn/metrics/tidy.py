"""One contract for all numbers: tidy rows (experiment, condition, seed, metric, value)."""

import pandas as pd

COLUMNS = ["experiment", "condition", "seed", "metric", "value"]


def tidy(experiment: str, condition: str, seed: int, values: dict[str, float]) -> pd.DataFrame:
    """One row per named value."""
    rows = [(experiment, condition, seed, metric, float(value)) for metric, value in values.items()]
    return pd.DataFrame(rows, columns=COLUMNS)


def summarise(rows: pd.DataFrame) -> pd.DataFrame:
    """Mean, sample standard deviation (NaN for one seed) and n over the seeds, in order of appearance."""
    groups = rows.groupby(["experiment", "condition", "metric"], sort=False)["value"]
    return groups.agg(mean="mean", sd="std", n="count").reset_index()
