"""The smallest effect that a run could have detected, and what would decide where it did not."""

import math

import numpy as np
from scipy.stats import norm, t

from archdyn.claims.decide import UNDECIDED, Target
from archdyn.claims.estimates import Estimate, Exact, Student, Unknown
from archdyn.claims.measure import Measured, beside_one_run
from archdyn.render.words import significant

POWER = 0.8
MOST = 100_000  # seeds or images; more is never


def detectable(estimate: Estimate, level: float) -> float:
    """How far from its bound an effect must be to be decided with a probability of POWER; NaN without a spread.

    A ratio's is the factor from its bound. Of near, how far inside the margin.
    """
    if isinstance(estimate, Unknown | Exact):
        return math.nan
    low, high = estimate.interval(level)
    if isinstance(estimate, Student) and estimate.log:
        return math.exp(_reach(level) * math.log(high / low) / 2)
    return _reach(level) * (high - low) / 2


def would_decide(measured: Measured, target: Target, level: float, decision: str, test: dict) -> str:
    """How many seeds or images would decide with a probability of POWER, by the spread found; a dash where decided."""
    if decision != UNDECIDED:
        return "–"
    least = test.get("least_seeds", 3)
    if test["resampled"] in ("seeds", "both") and measured.seeds < least:
        return f"{least} seeds or more: the rule asks for as many"
    if isinstance(measured.estimate, Unknown | Exact):
        return "nothing: the values do not differ at all"
    if beside_one_run(test):
        return _beside_one(measured, target, level)
    return _more(measured, _times_as_many(measured.estimate, target, level), test["resampled"])


def _times_as_many(estimate: Estimate, target: Target, level: float) -> float:
    """How many times as many as now; an interval shrinks as the root of their number."""
    low, high = estimate.interval(level)
    if isinstance(estimate, Student) and estimate.log:
        low, high = math.log(low), math.log(high)
    distance = _distance(estimate, target)
    return ((high - low) / 2 * _reach(level) / distance) ** 2 if distance else math.inf


def _beside_one(measured: Measured, target: Target, level: float) -> str:
    """How many seeds decide where the spread of the report's one run stays, however many there are of ours."""
    n = np.arange(measured.seeds + 1, MOST)
    sd = measured.estimate.se / math.sqrt(1 / measured.seeds + 1)
    reach = (t.ppf((1 + level) / 2, n - 1) + norm.ppf((1 + POWER) / 2)) * sd * np.sqrt(1 / n + 1)
    enough = n[reach <= _distance(measured.estimate, target)]
    if len(enough):
        return f"about {enough[0]:,} seeds"
    return "no number of seeds: the report's value is of one run, and runs differ by more than the margin leaves"


def _distance(estimate: Estimate, target: Target) -> float:
    """Of the effect from the nearest edge; of a ratio, from its logarithm."""
    effect, edges = estimate.effect, [edge for edge in target.range if math.isfinite(edge)]
    if isinstance(estimate, Student) and estimate.log:
        effect, edges = math.log(effect), [math.log(edge) for edge in edges if edge > 0]
    return min((abs(effect - edge) for edge in edges), default=math.inf)


def _reach(level: float) -> float:
    """How far an effect must be from its bound to be decided with a probability of POWER, in half intervals."""
    return 1 + norm.ppf(POWER) / norm.ppf((1 + level) / 2)


def _more(measured: Measured, times: float, resampled: str) -> str:
    now, unit = (measured.images, "images") if resampled == "images" else (measured.seeds, "seeds")
    needed = times * now
    if needed > MOST:
        return f"not even {MOST:,} {unit}: the effect is at its bound"
    return f"about {max(now + 1, math.ceil(needed)):,} {unit}"


def interval_text(estimate: Estimate, level: float) -> str:
    """The effect with its interval, as text."""
    low, high = estimate.interval(level)
    if isinstance(estimate, Exact):
        return f"{significant(estimate.effect)}, nothing sampled"
    if isinstance(estimate, Unknown):
        return "not reached" if math.isnan(estimate.effect) else f"{significant(estimate.effect)}, no interval"
    return f"{significant(estimate.effect)} [{significant(low)}, {significant(high)}]"
