"""The numbers that rules rest on: one per seed, one per seed and image, and those of the report."""

import re
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from archdyn.errors import ArchdynError
from archdyn.render.published import published_rows

OF_EPOCH = re.compile(r".*_epoch\d+")
PUBLISHED_VALUE = re.compile(r"(\w+)\[(.+)\]\.(.+)")


class NotReachedError(ArchdynError):
    """A rule rests on a number of an epoch that the run does not have."""


@dataclass(frozen=True)
class Values:
    """All that one experiment has measured, and what the report published.

    seeds: tidy rows (condition, seed, metric, value). images: tables with condition, seed, image, and a column per
    metric. published: the report's tables by name.
    """

    seeds: pd.DataFrame
    images: list[pd.DataFrame] = field(default_factory=list)
    published: dict[str, pd.DataFrame] = field(default_factory=dict)

    def by_seed(self, name: str) -> pd.Series:
        """CONDITION.METRIC by seed. Raises ArchdynError where there is none, or where it is not a number."""
        condition, metric = _parts(name)
        rows = self.seeds[(self.seeds["condition"] == condition) & (self.seeds["metric"] == metric)]
        if rows.empty:
            error = NotReachedError if OF_EPOCH.fullmatch(metric) else ArchdynError
            raise error(f"rests on {name}, which metrics/all.csv does not have")
        return _finite(rows.set_index("seed")["value"].sort_index(), name)

    def by_image(self, name: str) -> pd.DataFrame:
        """CONDITION.METRIC, a row per seed and a column per image. Raises ArchdynError where there is none."""
        condition, metric = _parts(name)
        for table in self.images:
            rows = table[table["condition"] == condition]
            if metric in table and len(rows):
                return _finite(rows.pivot(index="seed", columns="image", values=metric).astype(float), name)
        raise ArchdynError(f"rests on {name}, which no metrics/*_images.csv has")

    def bound(self, bound: float | str) -> float:
        """A number as it is, or the report's value that it names."""
        if not isinstance(bound, str):
            return float(bound)
        found = PUBLISHED_VALUE.fullmatch(bound)
        table, row, column = found.groups() if found else (None, None, None)
        value = published_rows(self.published.get(table, pd.DataFrame())).get(row, {}).get(column)
        if not isinstance(value, int | float):
            raise ArchdynError(f"rests on {bound}, which is no number of config/published")
        return float(value)

    def without_seed(self, seed: int) -> "Values":
        """The same without one seed."""
        images = [table[table["seed"] != seed] for table in self.images]
        return Values(self.seeds[self.seeds["seed"] != seed], images, self.published)


def paired(first, second, name: str, other: str):
    """Both with the seeds (and images) that they share; one that has a single seed serves all of the other's.

    Raises ArchdynError where they share none, or where their images differ.
    """
    if len(second) == 1 and len(first) > 1:
        second = second.loc[second.index.repeat(len(first))].set_axis(first.index)
    elif len(first) == 1 and len(second) > 1:
        first = first.loc[first.index.repeat(len(second))].set_axis(second.index)
    shared = first.index.intersection(second.index)
    if not len(shared):
        raise ArchdynError(f"compares {name} with {other}, which share no seed")
    if first.ndim == 2 and list(first.columns) != list(second.columns):
        raise ArchdynError(f"compares {name} with {other}, which are of other images")
    return first.loc[shared], second.loc[shared]


def _parts(name: str) -> list[str]:
    return name.split(".", 1)


def _finite(values, name: str):
    if not np.isfinite(values.to_numpy()).all():
        raise ArchdynError(f"rests on {name}, which is not finite for every seed and image")
    return values
