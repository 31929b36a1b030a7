"""Does a claim of the report hold? Decided from the numbers, by the rule that config/claims gives for it."""

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from archdyn.errors import ArchdynError
from archdyn.numbers.format import significant
from archdyn.numbers.published import published_rows

HOLDS = "holds"
FAILS = "does not hold"
PUBLISHED_ONLY = "holds only under the published protocol"
UNTESTABLE = "not testable at this scale"
VERDICTS = (HOLDS, PUBLISHED_ONLY, FAILS, UNTESTABLE)

CLEAR, CLOSE, ONE_SEED = "yes", "no", "one seed"
PUBLISHED_VALUE = re.compile(r"(\w+)\[(.+)\]\.(.+)")
RELATIONS = {"at_least": "≥", "at_most": "≤", "near": "≈"}


@dataclass(frozen=True)
class Quantity:
    """A mean over n seeds with its sample standard deviation, which is NaN for one seed."""

    mean: float
    sd: float = np.nan
    n: int = 1

    def __str__(self) -> str:
        return significant(self.mean, self.sd)


@dataclass(frozen=True)
class Outcome:
    """What one test found."""

    what: str
    measured: Quantity
    needed: str
    passed: bool
    clear: str  # whether the seeds' spread is too small to turn it: yes, no, or one seed

    def __str__(self) -> str:
        return f"{self.what}: {self.measured} ({'' if self.passed else 'not '}{self.needed})"


def verdict_table(
    claims: list[dict], summary: pd.DataFrame, published: dict[str, pd.DataFrame], untestable: dict[str, str]
) -> pd.DataFrame:
    """A row per claim with its verdict, the test that decided it, and what was measured under each protocol.

    summary: condition, metric, mean, sd, n. published: the report's tables by name. untestable: a reason by claim id.
    Raises ArchdynError for an unknown metric or published value, also in claims that this run cannot test.
    """
    return pd.DataFrame([_row(claim, summary, published, untestable.get(claim["id"])) for claim in claims])


def _row(claim: dict, summary: pd.DataFrame, published: dict[str, pd.DataFrame], reason: str | None) -> dict:
    def outcomes(protocol: str) -> list[Outcome]:
        return [decide(test, summary, published, claim["id"]) for test in claim.get(protocol, [])]

    as_published, corrected = outcomes("published"), outcomes("corrected")
    return {
        "id": claim["id"],
        "where": claim["where"],
        "claim": claim["claim"],
        "verdict": UNTESTABLE if reason else verdict(as_published, corrected),
        "measured": str(_deciding(as_published, corrected)),
        "published protocol": "; ".join(map(str, as_published)),
        "corrected protocol": "; ".join(map(str, corrected)) or "–",
        "beyond the spread": _clearness(as_published + corrected),
        "n": min(outcome.measured.n for outcome in as_published + corrected),
        "note": reason or "–",
    }


def verdict(as_published: list[Outcome], corrected: list[Outcome]) -> str:
    """The verdict on a claim that can be tested: of the published protocol, which the corrected one may qualify."""
    if not all(outcome.passed for outcome in as_published):
        return FAILS
    return HOLDS if all(outcome.passed for outcome in corrected) else PUBLISHED_ONLY


def _deciding(as_published: list[Outcome], corrected: list[Outcome]) -> Outcome:
    """The first test that failed, or else the first."""
    return next((outcome for outcome in as_published + corrected if not outcome.passed), as_published[0])


def decide(test: dict, summary: pd.DataFrame, published: dict[str, pd.DataFrame], claim: str) -> Outcome:
    """Hold the mean over the seeds against the bound; `test` is as archdyn.settings.claims describes it."""
    measured = _metric(test["metric"], summary, claim)
    relation = next(name for name in RELATIONS if name in test)
    bound = _bound(test[relation], summary, published, claim)
    times = test.get("times", 1)
    target, spread = times * bound.mean, np.hypot(measured.sd, np.nan_to_num(times * bound.sd))
    tolerance = _tolerance(test.get("within", 0), target)
    distance = measured.mean - target
    margin = {"at_least": distance, "at_most": -distance, "near": tolerance - abs(distance)}[relation]
    needed = f"{RELATIONS[relation]} {significant(target)}"
    if relation == "near":
        needed += f" ± {significant(tolerance)}"
    clear = ONE_SEED if np.isnan(spread) else CLEAR if abs(margin) > spread else CLOSE
    return Outcome(test["what"], measured, needed, bool(margin >= 0), clear)


def _bound(bound, summary: pd.DataFrame, published: dict[str, pd.DataFrame], claim: str) -> Quantity:
    if not isinstance(bound, str):
        return Quantity(bound)
    found = PUBLISHED_VALUE.fullmatch(bound)
    return Quantity(_published_value(*found.groups(), published, claim)) if found else _metric(bound, summary, claim)


def _metric(name: str, summary: pd.DataFrame, claim: str) -> Quantity:
    found = summary[summary["condition"] + "." + summary["metric"] == name]
    if len(found) != 1:
        raise ArchdynError(f"the claim {claim} rests on {name}, which metrics/summary.csv does not have")
    row = found.iloc[0]
    if not np.isfinite(row["mean"]):
        raise ArchdynError(f"the claim {claim} rests on {name}, which is {row['mean']}; allowed: a finite number")
    return Quantity(float(row["mean"]), float(row["sd"]), int(row["n"]))


def _published_value(table: str, row: str, column: str, published: dict[str, pd.DataFrame], claim: str) -> float:
    """The value in the row that `published_rows` calls so."""
    value = published_rows(published.get(table, pd.DataFrame())).get(row, {}).get(column)
    if not isinstance(value, int | float):
        raise ArchdynError(
            f"the claim {claim} rests on {table}[{row}].{column}, which is no number of config/published"
        )
    return float(value)


def _tolerance(within: float | str, target: float) -> float:
    return abs(target) * float(within[:-1]) / 100 if isinstance(within, str) else within


def _clearness(outcomes: list[Outcome]) -> str:
    """Of the least certain test."""
    found = {outcome.clear for outcome in outcomes}
    return next(level for level in (ONE_SEED, CLOSE, CLEAR) if level in found)
