"""The tests of claims, each with what a run measured, and what they add to the family of tests."""

from dataclasses import dataclass

import pandas as pd

from archdyn.claims.decide import MISSED, RELATIONS, UNDECIDED, UNTESTED, Target, target, verdict
from archdyn.claims.estimates import Exact
from archdyn.claims.measure import NOT_REACHED, Measured, measure
from archdyn.claims.power import interval_text
from archdyn.claims.values import NotReachedError, Values
from archdyn.errors import ArchdynError
from archdyn.render.words import significant

PROTOCOLS = ("published", "corrected")


@dataclass(frozen=True)
class Trial:
    """One test of a claim as this run measured it."""

    claim: dict
    protocol: str
    test: dict
    measured: Measured
    target: Target
    gated: bool

    @property
    def p(self) -> float:
        return self.target.p(self.measured.estimate)

    @property
    def counts(self) -> bool:
        """Whether chance has a part in it, so that it is one of the family."""
        return not self.gated and not isinstance(self.measured.estimate, Exact)

    def found(self, level: float) -> str:
        """What it would decide, were the run able to test its claim."""
        return self.target.decision(self.measured.estimate.interval(level))

    def decision(self, level: float) -> str:
        return UNTESTED if self.gated else self.found(level)

    def text(self, level: float) -> str:
        """What was found, in words."""
        wanted = f"{RELATIONS[self.target.relation]} {significant(self.target.bound)}"
        wanted += f" ± {significant(self.target.margin)}" if self.target.margin else ""
        return f"{self.test['what']}: {interval_text(self.measured.estimate, level)} ({wanted})"


def trials(claims: list[dict], values: Values, untestable: dict[str, str]) -> list[Trial]:
    """Every test of the claims, measured. untestable: a reason by claim id.

    Raises ArchdynError for an unknown metric or published value, also in claims that this run cannot test; of those, a
    number may only be missing because the training ended before its epoch.
    """
    return [
        _trial(claim, protocol, test, values, claim["id"] in untestable)
        for claim in claims
        for protocol in PROTOCOLS
        for test in claim.get(protocol, [])
    ]


def p_values(found: list[Trial]) -> pd.DataFrame:
    """What one experiment adds to the family: claim, protocol, what and p of every test that counts."""
    rows = [(trial.claim["id"], trial.protocol, trial.test["what"], trial.p) for trial in found if trial.counts]
    return pd.DataFrame(rows, columns=["claim", "protocol", "what", "p"])


def verdict_of(own: list[Trial], level: float) -> str:
    """The verdict on the claim of these trials, were it one that the run can test."""
    published, corrected = (
        [trial.found(level) for trial in own if trial.protocol == protocol] for protocol in PROTOCOLS
    )
    return verdict(published, corrected)


def pivotal(own: list[Trial], level: float) -> Trial:
    """Of one claim's trials, the one on which its verdict hangs: the first to turn it, or what leaves it undecided.

    A protocol that holds turns with its weakest trial; one that fails stands until the strongest failure has turned.
    """
    hinges = [_hinge([trial for trial in own if trial.protocol == name], level) for name in PROTOCOLS]
    return max((trial for trial in hinges if trial), key=lambda trial: trial.p)


def _hinge(own: list[Trial], level: float) -> Trial | None:
    missed, undecided = ([trial for trial in own if trial.found(level) == found] for found in (MISSED, UNDECIDED))
    if missed:
        return min(missed, key=lambda trial: trial.p)
    return max(undecided or own, key=lambda trial: trial.p, default=None)


def _trial(claim: dict, protocol: str, test: dict, values: Values, gated: bool) -> Trial:
    try:
        return Trial(claim, protocol, test, _measured(test, values, gated), target(test, values), gated)
    except ArchdynError as error:
        raise ArchdynError(f"the claim {claim['id']} {error}") from None


def _measured(test: dict, values: Values, gated: bool) -> Measured:
    try:
        return measure(test, values)
    except NotReachedError:
        if not gated:
            raise
        return NOT_REACHED
