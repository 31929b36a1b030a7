"""From a test of a rule and the numbers of a run to an effect with its interval."""

import math
import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from archdyn.claims import estimates
from archdyn.claims.estimates import FEWEST, Estimate, Fixed, Mean, PairedShares, Share
from archdyn.claims.read import DESIGN
from archdyn.claims.settings import NAME
from archdyn.claims.values import Values
from archdyn.errors import ArchdynError

QUANTITY = re.compile(rf"(?P<first>{NAME})( (?P<sign>[-/]) (?P<second>{NAME}))?")
DECIDING = 6  # trainings that agree: 2 / 2^6 is the first that is below 0.05


@dataclass(frozen=True)
class Measured:
    """What one test found. n: trainings, images or both, in words. dots: a number of each training. k: of how many.

    fewest: trainings, of which fewer decide nothing whatever they give; None where chance has no part.
    """

    estimate: Estimate
    method: str
    n: str
    seeds: int = 0
    images: int = 0
    dots: tuple[float, ...] = ()
    fewest: int | None = 0
    k: int | None = None


def trainings(n: int) -> str:
    """In words."""
    return f"{n} training{'s' * (n != 1)}"


def measure(test: dict, quantity: str, relation: str, values: Values) -> Measured:
    """The effect of one test on CONDITION.METRIC, or on two that are compared, or in a design.

    relation: at_least or at_most, whose bound each training must reach where k of n decide.

    Raises ArchdynError where a number that it rests on is missing, or is none of its scale.
    """
    if found := DESIGN.fullmatch(quantity):
        return _in_design(values.of_design(**found.groupdict()), found["design"])
    first, sign, second = QUANTITY.fullmatch(quantity).group("first", "sign", "second")
    names = [first, second] if second else [first]
    if "images" in test["over"]:
        return _over_images(test, [values.by_image(name) for name in names], names)
    sides = [values.by_seed(name) for name in names]
    if test["over"] == "each training":
        return _each_training(sides[0], relation, test[relation])
    if test["over"] == "permutations":
        return _permuted(sides[0], values.by_seed(f"{first}_p"))
    if test["over"] == "nothing":
        return exact(float(_compare([side.mean() for side in sides], sign)), test[relation], "no sample")
    return _over_seeds(names, sides, sign, test.get("scale", "real"))


def exact(effect: float, bound: float, n: str) -> Measured:
    """A number that nothing was sampled for: it is what it is."""
    found = Fixed(effect, (effect, effect), (float(effect < bound), float(effect > bound)))
    return Measured(found, "none: no chance", n, fewest=None)


def _each_training(found: pd.Series, relation: str, bound: float) -> Measured:
    happened = found >= bound if relation == "at_least" else found <= bound
    k, n = int(happened.sum()), len(found)
    facts = Share(k, n, of_trainings=True), "Clopper-Pearson", f"{k} of {trainings(n)}"
    return Measured(*facts, n, dots=tuple(found), fewest=DECIDING, k=k)


def _permuted(found: pd.Series, p: pd.Series) -> Measured:
    estimate = Fixed(float(found.mean()), (math.nan, math.nan), (float(p.max()), 1 - float(p.max())))
    return Measured(estimate, "Mantel's permutations", trainings(len(found)), len(found), dots=tuple(found))


def _over_seeds(names: list[str], sides: list[pd.Series], sign: str | None, scale: str) -> Measured:
    """Of one condition within each training; of two, the trainings of one beside those of the other."""
    sides = [_on_scale(name, side, scale, sign == "/") for name, side in zip(names, sides, strict=True)]
    scale = "positive" if sign == "/" else scale
    seeds = [len(side) for side in sides]
    n = trainings(seeds[0]) if len(set(seeds)) == 1 else f"{seeds[0]} and {trainings(seeds[1])}"
    if len({name.split(".")[0] for name in names}) == 1:
        dots, scale = _compare(sides, sign), _of_difference(scale) if sign == "-" else scale
        found, method = estimates.mean(dots.to_numpy(), scale), "t"
    else:
        dots = _compare([sides[0], estimates.mean(sides[1].to_numpy(), scale).effect], sign)
        found, method = estimates.compared(*(side.to_numpy() for side in sides), scale, sign == "/"), "Welch"
    return Measured(found, f"{method}, {scale} scale", n, min(seeds), dots=tuple(dots), fewest=FEWEST)


def _over_images(test: dict, sides: list[pd.DataFrame], names: list[str]) -> Measured:
    """Sides have a row per training, a column per image."""
    arrays, scale = [side.to_numpy() for side in sides], test.get("scale", "real")
    seeds, images = min(map(len, sides)), min(side.shape[1] for side in sides)
    n = f"{images:,} images"
    if test["over"] == "images and texts":
        found = estimates.compared(*(array.mean(0) for array in arrays), "real", as_ratio=False)
        counts = " and ".join(f"{array.shape[1]:,}" for array in arrays)
        return Measured(found, "Welch", f"{counts} vectors", 0, images)
    if len(sides) > 1 and list(sides[0].columns) != list(sides[1].columns):
        raise ArchdynError(f"compares {names[0]} with {names[1]}, which are of other images")
    scale = scale if len(sides) == 1 else _of_difference(scale)
    if test["over"] == "seeds and images":
        found = estimates.crossed(arrays, scale)
        dots = tuple(sides[0].mean(axis=1) - (arrays[1].mean() if len(arrays) > 1 else 0))
        return Measured(found, "t over seeds and images", f"{trainings(seeds)} x {n}", seeds, images, dots, FEWEST)
    means = [array.mean(0) for array in arrays]
    found = _share(means) or estimates.of_images(_compare(means, "-" * (len(means) > 1)), scale)
    names = {Share: "Wilson's score", PairedShares: "McNemar's and Tango's score"}
    return Measured(found, names.get(type(found), "t over images"), n, seeds, images)


def _share(means: list[np.ndarray]) -> Estimate | None:
    """By the score of what is right or wrong of each image; None for other values."""
    if not all(np.isin(side, (0, 1)).all() for side in means):
        return None
    if len(means) == 1:
        return Share(int(means[0].sum()), means[0].size)
    return PairedShares(int((means[0] > means[1]).sum()), int((means[0] < means[1]).sum()), means[0].size)


def _in_design(row: dict, design: str) -> Measured:
    """A main effect of the table that archdyn.designs.effects makes."""
    log = row["scale"] == "ratio"
    centre = math.log(row["effect"]) if log else float(row["effect"])
    found = Mean(centre, row["se"], row["df"], "positive" if log else "real") if row["se"] else Fixed(row["effect"])
    return Measured(found, "least squares (HC3)", f"{row['runs']} runs of the design {design}", int(row["runs"]))


def _compare(sides: list, sign: str | None):
    if not sign:
        return sides[0]
    return sides[0] / sides[1] if sign == "/" else sides[0] - sides[1]


def _of_difference(scale: str) -> str:
    """The scale of a difference of two numbers of one."""
    return "gap" if scale == "share" else "real"


def _on_scale(name: str, side: pd.Series, scale: str, as_ratio: bool) -> pd.Series:
    ends = estimates.SCALES["positive" if as_ratio else scale]
    if not side.between(ends.low - estimates.TINY, ends.high + estimates.TINY).all():
        found = f"{side.min():g} to {side.max():g}"
        raise ArchdynError(f"rests on {name}, found {found}; allowed: {ends.low:g} to {ends.high:g}")
    least = estimates.EDGE if scale == "share" else estimates.TINY
    return side.clip(lower=least) if as_ratio or scale == "positive" else side
