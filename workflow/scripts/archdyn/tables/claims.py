"""The tests of claims in words, for those who see them drawn."""

import numpy as np
import pandas as pd

from archdyn.numbers.format import significant

RELATIONS = {"at_least": "at least", "at_most": "at most", "near": "near"}


def described(tests: pd.DataFrame, verdicts: pd.DataFrame) -> pd.DataFrame:
    """The tests that have an interval, with their claim (`label`), its verdict, and its place on the page (`href`).

    `found` and `rule` say effect and bound in words.
    """
    of_claim = verdicts.set_index(["experiment", "id"])[["claim", "verdict"]].rename(columns={"claim": "label"})
    joined = tests[np.isfinite(tests[["effect", "low", "high"]]).all(axis=1)].join(of_claim, on=["experiment", "claim"])
    unit = joined["unit"].fillna("").map(lambda name: f" {name}" if name else "")
    return joined.assign(
        found=[_interval(*row) for row in zip(joined["effect"], joined["low"], joined["high"], unit, strict=True)],
        rule=[_rule(*row) for row in zip(joined["relation"], joined["bound"], joined["margin"], unit, strict=True)],
        href="#" + joined["experiment"] + "-" + joined["claim"],
    )


def _interval(effect: float, low: float, high: float, unit: str) -> str:
    return f"{significant(effect)}{unit} ({significant(low)} to {significant(high)})"


def _rule(relation: str, bound: float, margin: float, unit: str) -> str:
    within = f" ± {significant(margin)}" if pd.notna(margin) else ""
    return f"{RELATIONS[relation]} {significant(bound)}{within}{unit}"
