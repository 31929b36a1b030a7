"""The two tables of verdicts: a row per test, and a row per claim."""

import pandas as pd

from archdyn.claims.decide import UNTESTABLE, UNTESTED, protocol_decision
from archdyn.claims.measure import estimand, kind_of_effect
from archdyn.claims.power import detectable, would_decide
from archdyn.claims.trials import PROTOCOLS, Trial, pivotal, verdict_of
from archdyn.claims.values import Values
from archdyn.render.words import significant


def test_table(experiment: str, found: list[Trial], level: float, rules: dict[str, dict]) -> pd.DataFrame:
    """A row per test. level: of the family's intervals. rules: see `archdyn.claims.seal`, by claim id."""
    return pd.DataFrame([_test_row(experiment, trial, level, rules) for trial in found])


def verdict_table(
    experiment: str,
    found: list[Trial],
    level: float,
    rules: dict[str, dict],
    untestable: dict[str, str],
    values: Values,
    curves: dict[str, str],
) -> pd.DataFrame:
    """A row per claim with its verdict, what was found under each protocol, and how the verdict depends on choices.

    untestable: a reason by claim id. curves: by claim id, at which sizes of the data it holds, in words.
    """
    by_claim: dict[str, list[Trial]] = {}
    for trial in found:
        by_claim.setdefault(trial.claim["id"], []).append(trial)
    return pd.DataFrame(
        [
            _verdict_row(experiment, own, level, rules[name], untestable.get(name), values, curves.get(name))
            for name, own in by_claim.items()
        ]
    )


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
        "p": trial.p if trial.counts else None,
        "decision": decision,
        "detectable": detectable(measured.estimate, level),
        "would_decide": _would_decide(trial, level),
        "because": trial.test["because"],
        "rule_hash": rules[trial.claim["id"]]["hash"],
    }


def _verdict_row(
    experiment: str,
    own: list[Trial],
    level: float,
    rule: dict,
    reason: str | None,
    values: Values,
    curve: str | None,
) -> dict:
    claim = own[0].claim
    decisions = {name: [trial.decision(level) for trial in own if trial.protocol == name] for name in PROTOCOLS}
    hinge = pivotal(own, level)
    return {
        "experiment": experiment,
        "id": claim["id"],
        "where": claim["where"],
        "kind": claim["kind"],
        "claim": claim["claim"],
        "verdict": UNTESTABLE if reason else verdict_of(own, level),
        "measured": _measured_text(hinge, own, level),
        **{name: _protocol_text(own, name, decisions[name], level) for name in PROTOCOLS},
        "n_seeds": min(trial.measured.seeds for trial in own),
        "n_images": min(trial.measured.images for trial in own) or "–",
        "detectable": _detectable_text(hinge, level),
        "would_decide": _would_decide(hinge, level),
        "note": " · ".join(filter(None, [reason, curve and f"against scale: {curve}"])) or "–",
        "rule": f"v{rule['version']} {rule['hash']}" if rule["version"] else f"not sealed, {rule['hash']}",
        "amended": rule["amended"],
    }


def _measured_text(hinge: Trial, own: list[Trial], level: float) -> str:
    """Of the test that the verdict hangs on, and how many more there are."""
    protocol = "as published, " if hinge.protocol == "published" else "corrected, "
    both = len({trial.protocol for trial in own}) > 1
    more = f" (and {len(own) - 1} more)" if len(own) > 1 else ""
    return f"{protocol * both}{hinge.decision(level)}: {hinge.text(level)}{more}"


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


def _would_decide(trial: Trial, level: float) -> str:
    return would_decide(trial.measured, trial.target, level, trial.decision(level), trial.test)
