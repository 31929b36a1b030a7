"""The two tables of verdicts: a row per test, and a row per claim."""

from dataclasses import dataclass

import pandas as pd

from archdyn.claims.decide import RELATIONS, UNTESTABLE, UNTESTED, Target, protocol_decision, target, verdict
from archdyn.claims.measure import Measured, estimand, kind_of_effect, measure
from archdyn.claims.power import detectable, interval_text, would_decide
from archdyn.claims.values import Values
from archdyn.errors import ArchdynError
from archdyn.numbers.format import significant

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

    def decision(self, level: float) -> str:
        return UNTESTED if self.gated else self.target.decision(self.measured.estimate.interval(level))

    def text(self, level: float) -> str:
        """What was found, in words."""
        wanted = f"{RELATIONS[self.target.relation]} {significant(self.target.bound)}"
        wanted += f" ± {significant(self.target.margin)}" if self.target.margin else ""
        return f"{self.test['what']}: {interval_text(self.measured.estimate, level)} ({wanted})"


def trials(claims: list[dict], values: Values, untestable: dict[str, str]) -> list[Trial]:
    """Every test of the claims, measured. untestable: a reason by claim id.

    Raises ArchdynError for an unknown metric or published value, also in claims that this run cannot test.
    """
    return [
        _trial(claim, protocol, test, values, claim["id"] in untestable)
        for claim in claims
        for protocol in PROTOCOLS
        for test in claim.get(protocol, [])
    ]


def p_values(found: list[Trial]) -> pd.DataFrame:
    """What one experiment adds to the family: claim, protocol, what and p of every test that counts."""
    rows = [(trial.claim["id"], trial.protocol, trial.test["what"], trial.p) for trial in found if not trial.gated]
    return pd.DataFrame(rows, columns=["claim", "protocol", "what", "p"])


def test_table(experiment: str, found: list[Trial], level: float, rules: dict[str, dict]) -> pd.DataFrame:
    """A row per test. level: of the family's intervals. rules: see `archdyn.claims.seal`, by claim id."""
    return pd.DataFrame([_test_row(experiment, trial, level, rules) for trial in found])


def verdict_table(
    experiment: str, found: list[Trial], level: float, untestable: dict[str, str], rules: dict[str, dict]
) -> pd.DataFrame:
    """A row per claim with its verdict, and what was found under each protocol."""
    by_claim: dict[str, list[Trial]] = {}
    for trial in found:
        by_claim.setdefault(trial.claim["id"], []).append(trial)
    return pd.DataFrame(
        [_verdict_row(experiment, own, level, untestable.get(name), rules[name]) for name, own in by_claim.items()]
    )


def _trial(claim: dict, protocol: str, test: dict, values: Values, gated: bool) -> Trial:
    try:
        return Trial(claim, protocol, test, measure(test, values), target(test, values), gated)
    except ArchdynError as error:
        raise ArchdynError(f"the claim {claim['id']} {error}") from None


def _test_row(experiment: str, trial: Trial, level: float, rules: dict[str, dict]) -> dict:
    measured, aim = trial.measured, trial.target
    low, high = measured.estimate.interval(level)
    decision = trial.decision(level)
    return {
        "experiment": experiment,
        "claim": trial.claim["id"],
        "protocol": trial.protocol,
        "what": trial.test["what"],
        "kind": trial.claim["kind"],
        "estimand": estimand(trial.test),
        "effect": measured.estimate.effect,
        "low": low,
        "high": high,
        "relation": aim.relation,
        "bound": aim.bound,
        "margin": aim.margin or None,
        "unit": trial.test.get("unit", ""),
        "method": measured.method,
        "n_seeds": measured.seeds,
        "n_images": measured.images or None,
        "level": level,
        "p": None if trial.gated else trial.p,
        "decision": decision,
        "detectable": detectable(measured.estimate, level),
        "would_decide": would_decide(measured, aim, level, decision, trial.test),
        "because": trial.test["because"],
        "rule_hash": rules[trial.claim["id"]]["hash"],
    }


def _verdict_row(experiment: str, own: list[Trial], level: float, reason: str | None, rule: dict) -> dict:
    claim = own[0].claim
    decisions = {name: [trial.decision(level) for trial in own if trial.protocol == name] for name in PROTOCOLS}
    deciding = max(own, key=lambda trial: trial.p)  # the first to turn
    return {
        "experiment": experiment,
        "id": claim["id"],
        "where": claim["where"],
        "kind": claim["kind"],
        "claim": claim["claim"],
        "verdict": UNTESTABLE if reason else verdict(decisions["published"], decisions["corrected"]),
        **{name: _protocol_text(own, name, decisions[name], level) for name in PROTOCOLS},
        "n_seeds": min(trial.measured.seeds for trial in own),
        "n_images": min(trial.measured.images for trial in own) or "–",
        "detectable": _detectable_text(deciding, level),
        "would_decide": _would_decide_text(own, level),
        "note": reason or "–",
        "rule": f"v{rule['version']} {rule['hash']}" if rule["version"] else f"not sealed, {rule['hash']}",
        "amended": rule["amended"],
    }


def _protocol_text(own: list[Trial], protocol: str, decisions: list[str], level: float) -> str:
    texts = [trial.text(level) for trial in own if trial.protocol == protocol]
    if not texts:
        return "–"
    decision = UNTESTED if UNTESTED in decisions else protocol_decision(decisions)
    return f"{decision}: {'; '.join(texts)}"


def _detectable_text(trial: Trial, level: float) -> str:
    size = detectable(trial.measured.estimate, level)
    if pd.isna(size):
        return "–"
    unit = f" {trial.test['unit']}" if "unit" in trial.test else ""
    return f"a factor of {significant(size)}" if kind_of_effect(trial.test) == "ratio" else f"{significant(size)}{unit}"


def _would_decide_text(own: list[Trial], level: float) -> str:
    needed = [
        would_decide(trial.measured, trial.target, level, trial.decision(level), trial.test)
        for trial in own
        if not trial.gated
    ]
    return "; ".join(dict.fromkeys(text for text in needed if text != "–")) or "–"
