"""The smallest effect that a run could have detected, and what would decide where it did not."""

import math

from scipy.stats import norm

from archdyn.claims.decide import UNDECIDED, Target
from archdyn.claims.estimates import Estimate, Student, Unknown
from archdyn.claims.measure import Measured
from archdyn.numbers.format import significant

POWER = 0.8
MOST = 100_000  # seeds or images; more is never


def detectable(estimate: Estimate, level: float) -> float:
    """How far from its bound an effect must be to be decided with a probability of POWER; NaN without a spread.

    A ratio's is the factor from its bound. Of near, how far inside the margin.
    """
    if isinstance(estimate, Unknown):
        return math.nan
    low, high = estimate.interval(level)
    reach = 1 + norm.ppf(POWER) / norm.ppf((1 + level) / 2)
    if isinstance(estimate, Student) and estimate.log:
        return math.exp(reach * math.log(high / low) / 2)
    return reach * (high - low) / 2


def would_decide(measured: Measured, target: Target, level: float, decision: str, test: dict) -> str:
    """How many seeds or images would decide with a probability of POWER, by the spread found; a dash where decided."""
    if decision != UNDECIDED:
        return "–"
    least = test.get("least_seeds", 3)
    if test["resampled"] != "images" and measured.seeds < least:
        return f"{least} seeds or more: the rule asks for as many"
    if isinstance(measured.estimate, Unknown):
        return "nothing: the values do not differ at all"
    return _more(measured, _times_as_many(measured.estimate, target, level), test["resampled"])


def _times_as_many(estimate: Estimate, target: Target, level: float) -> float:
    """How many times as many as now; an interval shrinks as the root of their number."""
    low, high = estimate.interval(level)
    effect, edges = estimate.effect, [edge for edge in target.range if math.isfinite(edge)]
    if isinstance(estimate, Student) and estimate.log:
        low, high, effect = math.log(low), math.log(high), math.log(effect)
        edges = [math.log(edge) for edge in edges if edge > 0]
    distance = min((abs(effect - edge) for edge in edges), default=math.inf)
    half = (high - low) / 2 * (1 + norm.ppf(POWER) / norm.ppf((1 + level) / 2))
    return (half / distance) ** 2 if distance else math.inf


def _more(measured: Measured, times: float, resampled: str) -> str:
    now, unit = (measured.images, "images") if resampled == "images" else (measured.seeds, "seeds")
    needed = times * now
    if needed > MOST:
        return f"not even {MOST:,} {unit}: the effect is at its bound"
    return f"about {max(now + 1, math.ceil(needed)):,} {unit}"


def interval_text(estimate: Estimate, level: float) -> str:
    """The effect with its interval, as text."""
    low, high = estimate.interval(level)
    if isinstance(estimate, Unknown):
        return "not reached" if math.isnan(estimate.effect) else f"{significant(estimate.effect)}, no interval"
    return f"{significant(estimate.effect)} [{significant(low)}, {significant(high)}]"
