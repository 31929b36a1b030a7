"""A verdict recomputed over the choices that its analyst could have made as well.

Each choice is made alone: those that a test lists under `choices` (other cut-offs, windows, bounds), leaving out one
seed, and intervals at other levels.
"""

import math
from collections.abc import Iterator

from archdyn.claims.decide import MISSED, UNDECIDED
from archdyn.claims.trials import PROTOCOLS, Trial, pivotal, trials, verdict_of
from archdyn.claims.values import Values
from archdyn.numbers.format import significant

LEVELS = (0.9, 0.95, 0.99)


def robustness(own: list[Trial], values: Values, level: float) -> tuple[str, str]:
    """Under what share of the choices the verdict on the claim of these trials stands, and the first that flips it.

    How many of them the rule lists as its own stands in brackets. A rule's own come first, then seeds, then levels.
    Raises ArchdynError where a choice rests on a number that is missing.
    """
    stands = verdict_of(own, level)
    under = [(label, verdict_of(trials, at)) for label, trials, at in _universes(own, values, level)]
    same = sum(found == stands for _, found in under)
    flips = (f"{label}: {found}" for label, found in under if found != stands)
    return f"{same / len(under):.0%} of {len(under)} ({_listed(own[0].claim)} own)", next(
        flips, f"none of them; {_nearest_bound(own, level)}"
    )


def _universes(own: list[Trial], values: Values, level: float) -> Iterator[tuple[str, list[Trial], float]]:
    """Each choice in words, the trials under it, and the level: a rule's own choices first."""
    claim = own[0].claim
    for protocol in PROTOCOLS:
        under = f", {protocol}" * ("corrected" in claim)
        for place, test in enumerate(claim.get(protocol, [])):
            for label, choice in test.get("choices", {}).items():
                changed = trials([_changed(claim, protocol, place, choice)], values, {})
                yield f"{test['what']}{under}, {label}", changed, level
    for seed in _seeds_to_leave_out(own):
        yield f"without seed {seed}", trials([claim], values.without_seed(seed), {}), level
    for other in LEVELS:
        yield f"intervals of {other:.0%}", own, other


def _listed(claim: dict) -> int:
    return sum(len(test.get("choices", {})) for protocol in PROTOCOLS for test in claim.get(protocol, []))


def _changed(claim: dict, protocol: str, place: int, choice: dict) -> dict:
    tests = list(claim[protocol])
    relations = {name for name in ("at_least", "at_most") if name in choice}
    kept = {name: value for name, value in tests[place].items() if not (relations and name in ("at_least", "at_most"))}
    tests[place] = kept | choice
    return claim | {protocol: tests}


def _seeds_to_leave_out(own: list[Trial]) -> list[int]:
    """Those of all trials that resample seeds, where enough would be left for each to decide, and one for others."""
    over_seeds = [trial for trial in own if trial.test["resampled"] in ("seeds", "both")]
    if not over_seeds or any(trial.measured.seeds - 1 < trial.test.get("least_seeds", 3) for trial in over_seeds):
        return []
    shared = set.intersection(*(set(trial.measured.seed_names) for trial in over_seeds))
    return sorted(shared - {trial.measured.seed_names[0] for trial in own if trial.measured.seeds == 1})


def _nearest_bound(own: list[Trial], level: float) -> str:
    """The bound, or the margin around it, at which the trial that the verdict hangs on would turn."""
    trial = pivotal(own, level)
    ends, aim = trial.measured.estimate.interval(level), trial.target
    if not all(map(math.isfinite, ends)):
        return "its interval has no ends"
    turns = "be decided" if trial.found(level) == UNDECIDED else "be undecided"
    if aim.margin:
        near, far = sorted(abs(end - aim.bound) for end in ends)
        misses = not ends[0] <= aim.bound <= ends[1]  # a smaller margin would then leave the interval out
        edge = near if misses and (trial.found(level) == MISSED or aim.margin - near < far - aim.margin) else far
        return f"{trial.test['what']} would {turns} with a margin of {significant(edge)}"
    edge = min(ends, key=lambda end: abs(end - aim.bound))
    return f"{trial.test['what']} would {turns} with a bound of {significant(edge)}"
