"""A verdict recomputed over the choices that its analyst could have made as well.

Each choice is made alone: those that a test lists under `choices` (other cut-offs, windows, bounds), leaving out one
seed, and intervals at other levels.
"""

import math
from collections.abc import Iterator

from archdyn.claims.decide import MET, MISSED
from archdyn.claims.trials import PROTOCOLS, Trial, trials, verdict_of
from archdyn.claims.values import Values
from archdyn.numbers.format import significant

LEVELS = (0.9, 0.95, 0.99)


def robustness(own: list[Trial], values: Values, level: float) -> tuple[str, str]:
    """Under what share of the choices the verdict on the claim of these trials stands, and the nearest that flips it.

    Raises ArchdynError where a choice rests on a number that is missing.
    """
    stands = verdict_of(own, level)
    under = {label: verdict_of(trials, at) for label, trials, at in _universes(own, values, level)}
    same = sum(found == stands for found in under.values())
    flips = (f"{label}: {found}" for label, found in under.items() if found != stands)
    return f"{same / len(under):.0%} of {len(under)}", next(flips, f"none of them; {_nearest_bound(own, level)}")


def _universes(own: list[Trial], values: Values, level: float) -> Iterator[tuple[str, list[Trial], float]]:
    """Each choice in words, the trials under it, and the level: a rule's own choices first."""
    claim = own[0].claim
    for protocol in PROTOCOLS:
        for place, test in enumerate(claim.get(protocol, [])):
            for label, choice in test.get("choices", {}).items():
                yield f"{test['what']}, {label}", trials([_changed(claim, protocol, place, choice)], values, {}), level
    for seed in _seeds_to_leave_out(own):
        yield f"without seed {seed}", trials([claim], values.without_seed(seed), {}), level
    for other in LEVELS:
        yield f"intervals of {other:.0%}", own, other


def _changed(claim: dict, protocol: str, place: int, choice: dict) -> dict:
    tests = list(claim[protocol])
    relations = {name for name in ("at_least", "at_most") if name in choice}
    kept = {name: value for name, value in tests[place].items() if not (relations and name in ("at_least", "at_most"))}
    tests[place] = kept | choice
    return claim | {protocol: tests}


def _seeds_to_leave_out(own: list[Trial]) -> list[int]:
    """Those of all trials that resample seeds, where enough would be left for each to decide."""
    over_seeds = [trial for trial in own if trial.test["resampled"] != "images"]
    if not over_seeds or any(trial.measured.seeds - 1 < trial.test.get("least_seeds", 3) for trial in over_seeds):
        return []
    return sorted(set.intersection(*(set(trial.measured.seed_names) for trial in over_seeds)))


def _nearest_bound(own: list[Trial], level: float) -> str:
    """The bound at which the test that is nearest to turning would be undecided."""
    decided = [
        trial for trial in own if trial.target.decision(trial.measured.estimate.interval(level)) in (MET, MISSED)
    ]
    if not decided:
        return "nothing is decided"
    trial = max(decided, key=lambda trial: trial.p)
    low, high = trial.measured.estimate.interval(level)
    edge = min(
        (low, high), key=lambda end: min(abs(end - bound) for bound in trial.target.range if math.isfinite(bound))
    )
    return f"{trial.test['what']} would be undecided with a bound of {significant(edge)}"
