"""From effects to decisions, and from decisions to the verdict on a claim.

A claim has one p under each protocol: that it holds is as sure as the weakest of its tests, that it fails as the
strongest failure, taken as many times as there are tests. Over all claims of a run the false discovery rate is held at
FALSE_DISCOVERIES (Benjamini and Hochberg 1995).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

from scipy.stats import false_discovery_control

from archdyn.claims.estimates import Fixed, Share
from archdyn.claims.measure import Measured, measure
from archdyn.claims.read import PROTOCOLS, RELATIONS
from archdyn.claims.reproduced import measure_printed
from archdyn.claims.values import NotReachedError, Values
from archdyn.errors import ArchdynError

FALSE_DISCOVERIES = 0.05
MOST = 0.5  # of the trainings

HOLDS, FAILS, INCONCLUSIVE = "holds", "does not hold", "inconclusive"
PUBLISHED_ONLY, CORRECTED_ONLY = "holds only as published", "holds only when corrected"
REPRODUCED, NOT_REPRODUCED, TOO_FEW = "reproduced", "not reproduced", "too few runs to tell"
UNTESTABLE = "not testable here"
MET, MISSED, UNDECIDED, UNTESTED = "holds", "fails", "undecided", "untested"
BOTH = ((MET, MET), (MET, MISSED), (MISSED, MET), (MISSED, MISSED))  # under the published and the corrected protocol
OF_MECHANISM = dict(zip(BOTH, (HOLDS, PUBLISHED_ONLY, CORRECTED_ONLY, FAILS), strict=True))
OF_VALUE = {MET: REPRODUCED, MISSED: NOT_REPRODUCED, UNDECIDED: TOO_FEW}
VERDICTS = (*OF_MECHANISM.values(), INCONCLUSIVE, *OF_VALUE.values(), UNTESTABLE)
OPEN = (INCONCLUSIVE, TOO_FEW, UNTESTABLE)
DECIDED = tuple(verdict for verdict in VERDICTS if verdict not in OPEN)
AS_PRINTED = "as printed"


@dataclass(frozen=True)
class Trial:
    """One test of a claim as measured. relation: at_least, at_most, or AS_PRINTED, which has no bound."""

    protocol: str
    what: str
    because: str
    unit: str
    relation: str
    bound: float
    measured: Measured

    @property
    def counts_trainings(self) -> bool:
        """Whether the bound is one that each training must reach, and most of them do."""
        return isinstance(self.measured.estimate, Share) and self.measured.estimate.of_trainings

    @property
    def p_values(self) -> tuple[float, float]:
        """That the test holds, and that it fails; each two-sided."""
        bound = MOST if self.counts_trainings else self.bound
        below, above = (min(1.0, 2 * p) for p in self.measured.estimate.p_values(bound))
        return (above, below) if self.relation == "at_most" and not self.counts_trainings else (below, above)

    @property
    def can_decide(self) -> bool:
        """Whether there are as many trainings as it takes."""
        return self.measured.seeds >= (self.measured.fewest or 0)

    @property
    def is_open(self) -> bool:
        """Whether chance has a part in it, and it could be decided."""
        return self.can_decide and self.measured.fewest is not None

    def flips_at(self, decided: str, least: float) -> float:
        """The bound at which the decision would be another, or what is open would hold; NaN where there is none."""
        if self.counts_trainings:
            return self._flip_of_trainings(decided == MISSED, least)
        upper = (self.relation == "at_least") == (decided == MISSED)
        end = math.nan if self.relation == AS_PRINTED else self.measured.estimate.interval(1 - least)[upper]
        return end if math.isfinite(end) else math.nan

    def _flip_of_trainings(self, missed: bool, least: float) -> float:
        """The number of the training that the bound would have to pass."""
        n = self.measured.seeds
        decisive = [k for k in range(n + 1) if 2 * Share(k, n, True).p_values(MOST)[missed] <= least]
        place = max(decisive, default=n) if missed else min(decisive, default=n + 1) - 1
        in_order = sorted(self.measured.dots, reverse=self.relation == "at_least")
        return in_order[place] if place < n else math.nan


@dataclass(frozen=True)
class Judged:
    """A claim with what a run measured of it. untestable: why the run cannot test it, "" where it can."""

    claim: dict
    trials: tuple[Trial, ...]
    untestable: str

    @property
    def protocols(self) -> list[str]:
        return [protocol for protocol in PROTOCOLS if self.of(protocol)]

    def of(self, protocol: str) -> list[Trial]:
        return [trial for trial in self.trials if trial.protocol == protocol]

    def p_values(self, protocol: str) -> tuple[float, float]:
        """That the claim holds under a protocol, and that it fails."""
        own = [trial.p_values for trial in self.of(protocol)]
        return max(holds for holds, _ in own), min(1.0, len(own) * min(fails for _, fails in own))

    def decision(self, protocol: str, least: float) -> str:
        """All tests must hold; one that fails decides. least: the p from which on a claim is decided."""
        return _decision(*self.p_values(protocol), least)

    def of_trial(self, trial: Trial, least: float) -> tuple[str, float]:
        """The decision on one test, and the bound at which it would be another."""
        (holds, fails), tests = trial.p_values, len(self.of(trial.protocol))
        decided = _decision(holds, fails * tests, least)
        return decided, trial.flips_at(decided, least / tests if decided == MISSED else least)

    def verdict(self, least: float) -> str:
        if self.untestable:
            return UNTESTABLE
        found = [self.decision(protocol, least) for protocol in self.protocols]
        if "printed" in self.claim:
            return OF_VALUE[found[0]]
        return OF_MECHANISM.get((found[0], found[-1]), INCONCLUSIVE)

    def hinge(self, least: float) -> Trial:
        """The test that decides: of a failure the strongest, else the one that is least sure to hold."""
        decided = {protocol: self.decision(protocol, least) for protocol in self.protocols}
        worst = next(found for found in (MISSED, UNDECIDED, MET) if found in decided.values())
        own = [trial for trial in self.trials if decided[trial.protocol] == worst]
        return min(own, key=lambda trial: trial.p_values[1] if worst == MISSED else -trial.p_values[0])


def judge(claims: list[dict], values: Values, untestable: dict[str, str]) -> list[Judged]:
    """Every claim, measured. untestable: why the run cannot test it, by id.

    Raises ArchdynError for an unknown number; of an untestable claim, only where epoch, condition and design are there.
    """
    return [_judged(claim, values, untestable.get(claim["id"], "")) for claim in claims]


def least_p(judged: list[Judged]) -> float:
    """The p from which on a claim is decided, by those of all claims of a run in which chance has a part."""
    p = [
        min(one.p_values(protocol))
        for one in judged
        for protocol in one.protocols
        if not one.untestable and any(trial.is_open for trial in one.of(protocol))
    ]
    decided = int((false_discovery_control(p) <= FALSE_DISCOVERIES).sum()) if p else 0
    return FALSE_DISCOVERIES * max(1, decided) / max(1, len(p))


def _judged(claim: dict, values: Values, reason: str) -> Judged:
    try:
        trials = tuple(_trials(claim, values, bool(reason)))
    except ArchdynError as error:
        raise ArchdynError(f"the claim {claim['id']} {error}") from None
    return Judged(claim, trials, reason or _too_few(trials))


def _decision(holds: float, fails: float, least: float) -> str:
    return MET if holds <= least else MISSED if fails <= least else UNDECIDED


def _trials(claim: dict, values: Values, gated: bool):
    if printed := claim.get("printed"):
        exact = "within" in printed
        what = f"{claim['where']}, " + ("farthest off" if exact else "our trainings and the report's")
        found = _measured(gated, measure_printed, printed, values)
        asked = ("at_most", printed["within"]) if exact else (AS_PRINTED, math.nan)
        yield Trial("published", what, printed["because"], "", *asked, found)
    for test in claim.get("tests", []):
        for protocol, relation in product(PROTOCOLS, RELATIONS):
            if protocol in test and relation in test:
                found = _measured(gated, measure, test, test[protocol], relation, values)
                facts = test["what"], test["because"], test.get("unit", ""), relation, test[relation]
                yield Trial(protocol, *facts, found)


def _measured(gated: bool, measured: Callable[..., Measured], *facts) -> Measured:
    try:
        return measured(*facts)
    except NotReachedError:
        if not gated:
            raise
        return Measured(Fixed(math.nan), "none", "not reached")


def _too_few(trials: tuple[Trial, ...]) -> str:
    """Why no test of a claim can decide, or ""."""
    if any(trial.can_decide for trial in trials):
        return ""
    fewest = min((trial.measured for trial in trials), key=lambda measured: measured.seeds - measured.fewest)
    return f"trainings: {fewest.seeds} of {fewest.fewest}"
