"""Is the report's run one that ours could be? All runs are ranked by how far each lies from the rest.

Where the report's run is exchangeable with n of ours, its rank among the n + 1 is as likely to be one as another,
whatever the numbers' distribution. A table is one vector, so it is one question however many rows it has.
"""

import math

import numpy as np
from scipy.stats import binom

from archdyn.claims.estimates import Fixed
from archdyn.claims.measure import Measured, exact, trainings
from archdyn.claims.values import Values

FEWEST = 5  # of ours: with fewer, the middle that distances are taken from is hardly known
RARE = 0.05  # where fewer than this share of ours lie as far out, a run is none of them
ROUNDING = 1e-9


def measure_printed(printed: dict, values: Values) -> Measured:
    """The rank of the report's run of a table among ours; or how far off ours are, where there is one of each.

    That it is reproduced is as sure as that more than RARE of ours are as far out; that it is not, as its rank.
    """
    theirs, ours = _compared(printed, values)
    if "within" in printed:
        return exact(float(np.abs(ours.mean(0) - theirs).max()), printed["within"], "the report's own images")
    report, *others = _distances(np.vstack([theirs, ours])).tolist()
    k, n = sum(other >= report - ROUNDING for other in others), len(others)
    reproduced = float(binom.sf(k - 1, n, RARE)) if n >= FEWEST else 1.0
    found = Fixed(report, (math.nan, math.nan), (reproduced / 2, (k + 1) / (n + 1) / 2))
    return Measured(found, "rank of a joint distance", trainings(n), n, dots=tuple(others), k=k)


def _distances(runs: np.ndarray) -> np.ndarray:
    """Of every run (runs, numbers) from the mean of all, each number in standard deviations of all, none apart."""
    spread = runs.std(0)
    differ = spread > ROUNDING
    return np.sqrt((((runs - runs.mean(0))[:, differ] / spread[differ]) ** 2).sum(1))


def _compared(printed: dict, values: Values) -> tuple[np.ndarray, np.ndarray]:
    """The report's numbers (cells,) and ours (runs, cells), rounded as it prints them, so that all are rounded alike.

    Where columns are of several conditions, a run is one training of each.
    """
    rows = printed["rows"]
    rows = rows if isinstance(rows, dict) else {row: row for row in rows}
    texts, found = [], []
    for row, ours in rows.items():
        for column, quantity in printed["columns"].items():
            texts.append(values.printed(printed["table"], str(row), column))
            found.append(values.by_seed(quantity.format(row=ours)).to_numpy() * printed.get("times", 1))
    fewest = min(map(len, found))
    decimals = [len(text.partition(".")[2]) for text in texts]
    rounded = [np.round(ours[:fewest], digits) for ours, digits in zip(found, decimals, strict=True)]
    return np.array(texts, float), np.stack(rounded, axis=1)
