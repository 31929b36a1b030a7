"""The numbers that rules rest on: of each training, of each training and image, of designs, and of the report."""

import re
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from archdyn.errors import ArchdynError
from archdyn.render.published import published_rows

OF_EPOCH = re.compile(r".*_epoch\d+")
NUMBER = re.compile(r"-?\d+(\.\d+)?")


class NotReachedError(ArchdynError):
    """A rule rests on a number of an epoch, a condition or a design that the run does not have."""


@dataclass(frozen=True)
class Values:
    """All that one experiment has measured, and what the report published.

    seeds: tidy rows (condition, seed, metric, value). images: tables with condition, seed, image, and a column per
    metric. published: tables by name, their cells as printed (text). designs: by name, of archdyn.designs.effects.
    """

    seeds: pd.DataFrame
    images: list[pd.DataFrame] = field(default_factory=list)
    published: dict[str, pd.DataFrame] = field(default_factory=dict)
    designs: dict[str, pd.DataFrame] = field(default_factory=dict)

    def by_seed(self, name: str) -> pd.Series:
        """CONDITION.METRIC by seed. Raises ArchdynError where there is none, or where it is not a number."""
        condition, metric = name.split(".", 1)
        trained = self.seeds[self.seeds["condition"] == condition]
        rows = trained[trained["metric"] == metric]
        if rows.empty:
            error = NotReachedError if trained.empty or OF_EPOCH.fullmatch(metric) else ArchdynError
            raise error(f"rests on {name}, which metrics/all.csv does not have")
        return _finite(rows.set_index("seed")["value"].sort_index(), name)

    def by_image(self, name: str) -> pd.DataFrame:
        """CONDITION.METRIC, a row per seed and a column per image. Raises ArchdynError where there is none."""
        condition, metric = name.split(".", 1)
        for table in self.images:
            rows = table[table["condition"] == condition]
            if metric in table and len(rows):
                return _finite(rows.pivot(index="seed", columns="image", values=metric).astype(float), name)
        error = ArchdynError if (self.seeds["condition"] == condition).any() else NotReachedError
        raise error(f"rests on {name}, which no metrics/*_images.csv has")

    def of_design(self, design: str, outcome: str, term: str, contrast: str) -> dict:
        """The row of one main effect of a design. Raises ArchdynError where there is none."""
        if design not in self.designs:
            raise NotReachedError(f"rests on the design {design}, which the run does not audit")
        table = self.designs[design]
        wanted = {"outcome": outcome, "term": term, "contrast": contrast}
        rows = table[(table[list(wanted)] == pd.Series(wanted)).all(axis=1)]
        if len(rows) != 1:
            raise ArchdynError(f"rests on {outcome}, {term} {contrast}, which the design {design} does not have")
        return rows.iloc[0].to_dict()

    def printed(self, table: str, row: str, column: str) -> str:
        """A number of the report, as it prints it. Raises ArchdynError where there is none."""
        text = published_rows(self.published.get(table, pd.DataFrame())).get(row, {}).get(column, "")
        if not NUMBER.fullmatch(text):
            raise ArchdynError(f"rests on {table}[{row}].{column}, which is no number of config/published")
        return text


def _finite(values, name: str):
    if not np.isfinite(values.to_numpy()).all():
        raise ArchdynError(f"rests on {name}, which is not finite for every seed and image")
    return values
