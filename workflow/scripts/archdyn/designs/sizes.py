"""A claim against scale: the effect that it is about, with its interval, at several sizes of the data."""

from itertools import groupby

import numpy as np
import pandas as pd

from archdyn.claims.decide import MET, MISSED, UNDECIDED, family_level
from archdyn.claims.estimates import of_seeds
from archdyn.render.words import in_words

NONE = {"difference": 0.0, "ratio": 1.0}  # the effect that is none
AT_SIZE = {MET: "holds at", MISSED: "the opposite at", UNDECIDED: "undecided at"}


def effects_by_size(
    runs: pd.DataFrame, factor: str, levels: list[str], along: str, expects: str, outcome: str, scale: str
) -> pd.DataFrame:
    """The effect of `factor`, its second level less its first, at each size: a row per size, smallest first.

    runs: a row per run with the levels of `factor` and `along` (the size), seed, and value. expects: rise or fall, what
    the claim says of the effect. scale: difference, or ratio, which is then that of the geometric means.

    The effect is the mean over seeds of the paired differences, with Student's interval; all sizes are one family. The
    decision is holds where the interval leaves out no effect on the side that is expected, fails where it does on the
    other, and undecided. holds_from is the smallest size from which on it holds at all that were tried, NaN where it
    does not at the largest. Counts are taken to be rounded; an interval has
    no ends, NaN, where other values do not differ between seeds at all.
    """
    runs = runs.assign(size=runs[along].astype(float))
    sizes = sorted(runs["size"].unique())
    values = [_paired(runs[runs["size"] == size], factor, levels) for size in sizes]
    counted = scale == "difference" and (runs["value"] % 1 == 0).all()
    estimates = [of_seeds(_contrast(pair, scale), scale == "ratio", 1.0 if counted else None) for pair in values]
    p = [min(1.0, 2 * min(estimate.p_values(NONE[scale]))) for estimate in estimates]
    level = family_level(p)
    rows = [
        {
            "outcome": outcome,
            "scale": scale,
            "kind": "size",
            "term": factor,
            "contrast": f"{levels[0]} → {levels[1]} at {along} {size:g}",
            "from_mean": _mean(pair[levels[0]], scale),
            "to_mean": _mean(pair[levels[1]], scale),
            "effect": estimate.effect,
            "low": estimate.interval(level)[0],
            "high": estimate.interval(level)[1],
            "level": level,
            "p": chance,
            "runs": 2 * len(pair),
            "size": size,
            "decision": _decision(estimate.interval(level), expects, NONE[scale]),
        }
        for size, pair, estimate, chance in zip(sizes, values, estimates, p, strict=True)
    ]
    table = pd.DataFrame(rows).replace([-np.inf, np.inf], np.nan)
    return table.assign(holds_from=_holds_from(table))


def curve_text(effects: pd.DataFrame) -> str:
    """Where a claim holds against scale, in words; `effects` as design_effects writes them, with `along`."""
    return " / ".join(
        f"{in_words(outcome)}: {_where(rows)}" for outcome, rows in effects.groupby("outcome", sort=False)
    )


def _where(rows: pd.DataFrame) -> str:
    """The sizes by decision, from the smallest on; neighbours that agree as a range."""
    told = []
    for decision, same in groupby(rows.itertuples(), lambda row: row.decision):
        first, *_, last = [f"{row.size:,g}" for row in same] * 2
        told.append(f"{AT_SIZE[decision]} {first}" if first == last else f"{AT_SIZE[decision]} {first} to {last}")
    return f"{', '.join(told)} {rows['along'].iloc[0]}"


def _paired(runs: pd.DataFrame, factor: str, levels: list[str]) -> pd.DataFrame:
    """A row per seed, a column per level."""
    return runs.pivot(index="seed", columns=factor, values="value")[levels]


def _contrast(pair: pd.DataFrame, scale: str) -> np.ndarray:
    before, after = (pair[level].to_numpy(float) for level in pair)
    return np.log(after / before) if scale == "ratio" else after - before


def _mean(values: pd.Series, scale: str) -> float:
    return float(np.exp(np.log(values).mean()) if scale == "ratio" else values.mean())


def _decision(interval: tuple[float, float], expects: str, none: float) -> str:
    low, high = interval
    if low <= none <= high:
        return UNDECIDED
    return MET if (low > none) == (expects == "rise") else MISSED


def _holds_from(table: pd.DataFrame) -> float:
    fails = table.loc[table["decision"] != MET, "size"]
    holding = table.loc[table["size"] > fails.max(), "size"] if len(fails) else table["size"]
    return float(holding.min())
