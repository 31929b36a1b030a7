"""From a test of a rule and the numbers of a run to an effect with its interval."""

import math
from dataclasses import dataclass

import numpy as np

from archdyn.claims import estimates
from archdyn.claims.estimates import Estimate
from archdyn.claims.values import Values, paired
from archdyn.errors import ArchdynError

METHODS = {
    "Share": "Wilson's score",
    "PairedShares": "McNemar's and Tango's score",
    "Unknown": "none",
    "Exact": "none: nothing is sampled",
}


@dataclass(frozen=True)
class Measured:
    """A test's effect. seeds: those resampled or, where not, averaged over. images: how many, 0 for none."""

    estimate: Estimate
    method: str
    seed_names: tuple[int, ...]
    images: int

    @property
    def seeds(self) -> int:
        """How many."""
        return len(self.seed_names)


NOT_REACHED = Measured(estimates.Unknown(math.nan), METHODS["Unknown"], (), 0)


def kind_of_effect(test: dict) -> str:
    """value, difference or ratio: see archdyn.claims.settings."""
    return test.get("effect") or ("difference" if "against" in test else "value")


def estimand(test: dict) -> str:
    """The quantity that the interval is of, in signs."""
    sign = {"value": "", "difference": " − ", "ratio": " ÷ "}[kind_of_effect(test)]
    return test["metric"] + (f"{sign}{test['against']}" if sign else "")


def beside_one_run(test: dict) -> bool:
    """Whether it compares trainings of ours with a number of the report's, which one training gave."""
    return isinstance(test.get("near"), str) and test["resampled"] == "seeds"


def measure(test: dict, values: Values) -> Measured:
    """The effect of one test. Raises ArchdynError where a number that it rests on is missing."""
    if test["resampled"] == "seeds":
        return _over_seeds(test, values)
    first, second = _sides(test, values.by_image, values)
    if test["resampled"] == "nothing":
        found = estimates.Exact(_effect(test, first, second))
        return Measured(found, METHODS["Exact"], tuple(first.index), first.shape[1])
    if test["resampled"] == "images":
        return _over_images(test, first, second)
    seeds, images = tuple(first.index), first.shape[1]
    if len(seeds) < test.get("least_seeds", 3):
        return Measured(estimates.Unknown(_effect(test, first, second)), METHODS["Unknown"], seeds, images)
    contrast = _contrast(test, first, second)
    found = estimates.of_both(contrast, kind_of_effect(test) == "ratio", test.get("resolution"))
    return Measured(found, _named(found, "seeds x images"), seeds, images)


def _over_seeds(test: dict, values: Values) -> Measured:
    first, second = _sides(test, values.by_seed, values)
    log = kind_of_effect(test) == "ratio"
    contrast = np.log(first) - np.log(second) if log else first if second is None else first - second
    found = estimates.of_seeds(contrast.to_numpy(), log, test.get("resolution"), beside_one_run(test))
    # One training that stands beside all seeds of another has a spread that nobody has seen.
    fewest = min((contrast, *(values.by_seed(test[side]) for side in ("metric", "against") if side in test)), key=len)
    if len(fewest) < test.get("least_seeds", 3):
        found = estimates.Unknown(found.effect)
    over = "seeds beside the report's run" if beside_one_run(test) else "seeds"
    return Measured(found, _named(found, over if second is None else "paired by seed"), tuple(fewest.index), 0)


def _over_images(test: dict, first, second) -> Measured:
    seeds = tuple(first.index)
    first = first.mean(axis=0).to_numpy()[None]
    second = None if second is None else second.mean(axis=0).to_numpy()[None]
    found = _share(test, first, second)
    if found is None:
        found = estimates.of_images(_contrast(test, first, second)[0], kind_of_effect(test) == "ratio")
    return Measured(found, _named(found, "images" if second is None else "paired by image"), seeds, first.size)


def _share(test: dict, first: np.ndarray, second: np.ndarray | None) -> Estimate | None:
    """By the score of what is right or wrong for each image; None for other values."""
    sides = [first] if second is None else [first, second]
    if kind_of_effect(test) == "ratio" or not all(np.isin(side, (0, 1)).all() for side in sides):
        return None
    if second is None:
        return estimates.Share(int(first.sum()), first.size)
    return estimates.PairedShares(int((first > second).sum()), int((first < second).sum()), first.size)


def _contrast(test: dict, first, second) -> np.ndarray:
    """float (seeds, images), whose mean is the effect, or its logarithm for a ratio (to first order over images)."""
    first = np.asarray(first)
    if second is None:
        return first
    second = np.asarray(second)
    if kind_of_effect(test) == "difference":
        return first - second
    means = [side.mean(1, keepdims=True) for side in (first, second)]
    _check_positive(test, *means)
    return np.log(means[0] / means[1]) + first / means[0] - second / means[1]


def _effect(test: dict, first, second) -> float:
    mean = float(_contrast(test, first, second).mean())
    return float(np.exp(mean)) if kind_of_effect(test) == "ratio" else mean


def _sides(test: dict, look_up, values: Values):
    first = look_up(test["metric"])
    if "against" not in test:
        return first, None
    first, second = paired(first, look_up(test["against"]), test["metric"], test["against"])
    if kind_of_effect(test) == "ratio" and test["resampled"] == "seeds":
        _check_positive(test, first, second)
    return first, second


def _check_positive(test: dict, *sides) -> None:
    for name, side in zip((test["metric"], test["against"]), sides, strict=True):
        if not (np.asarray(side) > 0).all():
            raise ArchdynError(f"has a ratio with {name}, which is not positive; allowed: a difference")


def _named(found: Estimate, over: str) -> str:
    name = METHODS.get(type(found).__name__)
    return name or f"t, {over}"
