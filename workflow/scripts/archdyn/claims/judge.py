"""The two tables of verdicts: a row per claim, and a row per test."""

import math

import pandas as pd

from archdyn.claims.decide import AS_PRINTED, CORRECTED_ONLY, PUBLISHED_ONLY, UNTESTED, Judged, Trial
from archdyn.claims.measure import trainings
from archdyn.claims.read import PROTOCOLS
from archdyn.render.words import significant

NONE = "–"


def verdict_table(experiment: str, judged: list[Judged], least: float, amended: dict[str, str]) -> pd.DataFrame:
    """A row per claim: its verdict, what decides it with its n, and what was found under each protocol.

    least: see `archdyn.claims.decide.least_p`. amended: by claim id, whether its rule was written after data, in words.
    """
    return pd.DataFrame([_verdict_row(experiment, one, least, amended) for one in judged])


def test_table(experiment: str, judged: list[Judged], least: float) -> pd.DataFrame:
    """A row per test, with its 95% interval.

    Where k of n trainings decide, effect, low and high are the share of trainings, and bound, flips_at and values are
    of what each must reach. As printed, k of our runs lie as far out as the report's, whose distance is the effect.
    values: a number for each training; where two conditions are compared, that of each training of the first beside the
    typical one of the other. flips_at: the bound at which it would be decided otherwise.
    """
    return pd.DataFrame([_test_row(experiment, one, trial, least) for one in judged for trial in one.trials])


def _verdict_row(experiment: str, one: Judged, least: float, amended: dict[str, str]) -> dict:
    claim, hinge, verdict = one.claim, one.hinge(least), one.verdict(least)
    _, flips_at = one.of_trial(hinge, least)
    return {
        "experiment": experiment,
        "id": claim["id"],
        "where": claim["where"],
        "whose": claim.get("whose", "report"),
        "kind": "value" if "printed" in claim else "mechanism",
        "claim": claim["claim"],
        "verdict": verdict,
        "measured": f"{hinge.protocol}: " * (verdict in (PUBLISHED_ONLY, CORRECTED_ONLY)) + _found(hinge),
        **{protocol: _under(one, protocol, least) for protocol in PROTOCOLS},
        "n": hinge.measured.n,
        "bound": _bound(hinge),
        "because": hinge.because,
        "flips_at": NONE if math.isnan(flips_at) else significant(flips_at),
        "amended": amended[claim["id"]],
        "note": one.untestable or NONE,
    }


def _test_row(experiment: str, one: Judged, trial: Trial, least: float) -> dict:
    measured = trial.measured
    low, high = measured.estimate.interval()
    decision, flips_at = one.of_trial(trial, least)
    return {
        "experiment": experiment,
        "claim": one.claim["id"],
        "protocol": trial.protocol,
        "what": trial.what,
        "effect": measured.estimate.effect,
        "low": low,
        "high": high,
        "k": measured.k,
        "n_seeds": measured.seeds or None,
        "n_images": measured.images or None,
        "relation": trial.relation,
        "bound": trial.bound,
        "unit": trial.unit,
        "method": measured.method,
        "p": min(trial.p_values) if trial.is_open and not one.untestable else None,
        "decision": UNTESTED if one.untestable else decision,
        "because": trial.because,
        "flips_at": flips_at,
        "values": " ".join(f"{dot:.6g}" for dot in measured.dots),
    }


def _under(one: Judged, protocol: str, least: float) -> str:
    """What was found under one protocol, in words: the decision, and each test with what it asks for."""
    if not one.of(protocol):
        return NONE
    texts = "; ".join(f"{_found(trial)} ({_bound(trial)})" for trial in one.of(protocol))
    return f"{UNTESTED if one.untestable else one.decision(protocol, least)}: {texts}"


def _found(trial: Trial) -> str:
    """What a test found, in words."""
    measured, unit = trial.measured, f" {trial.unit}" if trial.unit else ""
    low, high = measured.estimate.interval()
    if trial.counts_trainings:
        return f"{trial.what} in {measured.n}"
    if trial.relation == AS_PRINTED and measured.k is not None:
        return f"{trial.what}: {measured.k} of {trainings(measured.seeds)} lie at least as far out as the report's"
    if math.isnan(measured.estimate.effect):
        return f"{trial.what}: not reached"
    number = f"{trial.what}: {significant(measured.estimate.effect)}"
    if not math.isfinite(low):
        return f"{number}{unit}, {measured.n}"
    return number + unit if low == high else f"{number} [{significant(low)}, {significant(high)}]{unit}"


def _bound(trial: Trial) -> str:
    bound = "" if trial.relation == AS_PRINTED else f" {significant(trial.bound)}"
    return trial.relation.replace("_", " ") + bound + " in most trainings" * trial.counts_trainings
