"""A claim against scale: the effect that it is about, with its interval, at several sizes of the data."""

import numpy as np
import pandas as pd

from archdyn.claims.decide import MET, MISSED, UNDECIDED
from archdyn.claims.estimates import compared

NONE = {"difference": 0.0, "ratio": 1.0}  # the effect that is none


def effects_by_size(
    runs: pd.DataFrame, factor: str, levels: list[str], along: str, expects: str, outcome: str, scale: str
) -> pd.DataFrame:
    """The effect of `factor`, its second level less its first, at each size: a row per size, smallest first.

    runs: a row per run with the levels of `factor` and `along` (the size), seed, and value. expects: rise or fall, what
    the claim says of the effect. scale: difference, or ratio, which is then that of the geometric means.

    The interval is Welch's, at 95%. The decision is holds where it leaves out no effect on the side that is expected,
    fails where it does on the other, and undecided. holds_from is the smallest size from which on it holds at all that
    were tried, NaN where it does not at the largest. Ends are NaN where seeds do not differ at all, or are too few.
    """
    table = pd.DataFrame(
        [
            {"outcome": outcome, "scale": scale, "kind": "size", "term": factor}
            | {"contrast": f"{levels[0]} → {levels[1]} at {along} {size:g}", "size": size}
            | _effect([of_size.loc[of_size[factor] == level, "value"] for level in levels], expects, scale)
            for size, of_size in runs.groupby(runs[along].astype(float))
        ]
    )
    return table.assign(holds_from=_holds_from(table))


def _effect(sides: list[pd.Series], expects: str, scale: str) -> dict:
    before, after = (side.to_numpy(float) for side in sides)
    estimate = compared(after, before, "real", as_ratio=scale == "ratio")
    low, high = estimate.interval()
    return {
        "from_mean": _mean(before, scale),
        "to_mean": _mean(after, scale),
        "effect": estimate.effect,
        "low": low if np.isfinite(low) else np.nan,
        "high": high if np.isfinite(high) else np.nan,
        "p": min(1.0, 2 * min(estimate.p_values(NONE[scale]))),
        "runs": len(before) + len(after),
        "decision": _decision(low, high, expects, NONE[scale]),
    }


def _mean(values: np.ndarray, scale: str) -> float:
    return float(np.exp(np.log(values).mean()) if scale == "ratio" else values.mean())


def _decision(low: float, high: float, expects: str, none: float) -> str:
    if low <= none <= high:
        return UNDECIDED
    return MET if (low > none) == (expects == "rise") else MISSED


def _holds_from(table: pd.DataFrame) -> float:
    fails = table.loc[table["decision"] != MET, "size"]
    holding = table.loc[table["size"] > fails.max(), "size"] if len(fails) else table["size"]
    return float(holding.min())
