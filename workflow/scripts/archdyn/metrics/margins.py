"""How far each test of a claim lies from its bound, on one scale for all of them."""

import numpy as np
import pandas as pd

REACH = 1000.0  # half-widths, beyond which a distance says nothing more


def margins(tests: pd.DataFrame) -> pd.DataFrame:
    """The tests with `distance`, `near`, `far`: of effect and interval from the bound, in half-widths of the interval.

    Above 0 is as claimed, below it is not. tests: relation, bound, margin, effect, low, high, decision, which has
    "untested" for what this run cannot test; that, and what has no interval, is left out.
    """
    tested = tests[(tests["decision"] != "untested") & np.isfinite(tests[["effect", "low", "high"]]).all(axis=1)]
    half = np.maximum((tested["high"] - tested["low"]) / 2, np.finfo(float).tiny)
    found = {name: (_beyond(tested, tested[name]) / half).clip(-REACH, REACH) for name in ("effect", "low", "high")}
    ends = pd.DataFrame({"low": found["low"], "high": found["high"]})
    return tested.assign(distance=found["effect"], near=ends.min(axis=1), far=ends.max(axis=1))


def _beyond(tests: pd.DataFrame, value: pd.Series) -> pd.Series:
    """The distance of values on the claim's side of the bound; inside the margin for `near`."""
    above = value - tests["bound"]
    of_relation = {"at_least": above, "at_most": -above, "near": tests["margin"].fillna(0) - above.abs()}
    return sum(distance.where(tests["relation"] == name, 0.0) for name, distance in of_relation.items())
