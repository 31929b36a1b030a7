"""From an effect with its interval to a decision, and from decisions to the verdict on a claim.

All tests of a run are one family. The false discovery rate among what is decided is held at FALSE_DISCOVERIES
(Benjamini and Hochberg 1995), and intervals are at the level that covers as often (Benjamini and Yekutieli 2005): an
interval leaves its bound out just where the test is among those that are decided.
"""

from dataclasses import dataclass

import numpy as np
from scipy.stats import false_discovery_control

from archdyn.claims.estimates import Estimate
from archdyn.claims.values import Values

FALSE_DISCOVERIES = 0.05

HOLDS = "holds"
PUBLISHED_ONLY = "holds only as published"
CORRECTED_ONLY = "holds only when corrected"
FAILS = "does not hold"
INCONCLUSIVE = "inconclusive"
UNTESTABLE = "not testable here"
VERDICTS = (HOLDS, PUBLISHED_ONLY, CORRECTED_ONLY, FAILS, INCONCLUSIVE, UNTESTABLE)

MET, MISSED, UNDECIDED, UNTESTED = "holds", "fails", "undecided", "untested"
RELATIONS = {"at_least": "≥", "at_most": "≤", "near": "≈"}


@dataclass(frozen=True)
class Target:
    """What an effect must be: at_least or at_most `bound`, or near it, within `margin` (0 for the others)."""

    relation: str
    bound: float
    margin: float = 0.0

    @property
    def range(self) -> tuple[float, float]:
        """The effects under which the test holds."""
        low = -np.inf if self.relation == "at_most" else self.bound - self.margin
        high = np.inf if self.relation == "at_least" else self.bound + self.margin
        return low, high

    def p(self, estimate: Estimate) -> float:
        """Two-sided p of the likelier decision, that the effect is in the range or that it is outside."""
        above_low, below_low = (1.0, 1.0) if self.relation == "at_most" else estimate.p_values(self.bound - self.margin)
        above_high, below_high = (
            (1.0, 1.0) if self.relation == "at_least" else estimate.p_values(self.bound + self.margin)
        )
        inside = {"at_least": above_low, "at_most": below_high}.get(self.relation, max(above_low, below_high))
        outside = min(below_low, above_high)
        return min(1.0, 2 * min(inside, outside))

    def decision(self, interval: tuple[float, float]) -> str:
        """Whether the interval lies in the range, outside of it, or on its edge."""
        low, high = self.range
        if low < interval[0] and interval[1] < high:
            return MET
        return MISSED if interval[1] < low or interval[0] > high else UNDECIDED


def target(test: dict, values: Values) -> Target:
    """What a test asks for, its bounds as numbers."""
    relation = next(name for name in RELATIONS if name in test)
    bound = test.get("times", 1) * values.bound(test[relation])
    within = test.get("within", 0)
    margin = abs(bound) * float(within[:-1]) / 100 if isinstance(within, str) else within
    return Target(relation, bound, margin)


def family_level(p_values: list[float]) -> float:
    """The level (0..1) of the intervals of a family, by the p values of its tests."""
    if not p_values:
        return 1 - FALSE_DISCOVERIES
    decided = (false_discovery_control(p_values) <= FALSE_DISCOVERIES).sum()
    return 1 - FALSE_DISCOVERIES * max(1, int(decided)) / len(p_values)


def protocol_decision(decisions: list[str]) -> str:
    """All tests of a protocol must hold; one that fails decides."""
    if MISSED in decisions:
        return MISSED
    return MET if set(decisions) == {MET} else UNDECIDED


def verdict(published: list[str], corrected: list[str]) -> str:
    """The verdict on a claim that can be tested, by the decisions under the two protocols ([] for none)."""
    found = protocol_decision(published), protocol_decision(corrected or published)
    return {
        (MET, MET): HOLDS,
        (MET, MISSED): PUBLISHED_ONLY,
        (MISSED, MET): CORRECTED_ONLY,
        (MISSED, MISSED): FAILS,
    }.get(found, INCONCLUSIVE)
