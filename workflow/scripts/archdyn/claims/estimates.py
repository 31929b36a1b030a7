"""An effect with its 95% interval, and the p values that belong to it: each interval inverts its own test.

No interval leaves the range of what it is of: the mean of a share is taken on the logit, that of a positive number on
the log scale, so that an effect is the typical training's. Between conditions nothing is paired: seeds of one name are
other trainings. p_values are one-sided: that the effect is at most a bound, and that it is at least that.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit, logit
from scipy.stats import binom, norm, t

LEVEL = 0.95  # of every interval that is shown
FEWEST = 3  # trainings; the spread of two is a coincidence
EDGE = 5e-5  # what stands for a share of 0: half of one image in 10,000, the most that shares are of
TINY = 1.2e-7  # what stands for another positive number that is 0: what single precision loses beside 1


@dataclass(frozen=True)
class Scale:
    """A range, and the line on which its numbers are averaged."""

    low: float
    high: float
    line: Callable
    back: Callable
    slope: Callable  # of the line, by the number

    def to_line(self, values):
        """The numbers on the line; those at the ends of a range up to 1 a little inside."""
        return self.line(np.clip(values, self.low + EDGE, self.high - EDGE) if self.high == 1 else values)


SCALES = {
    "real": Scale(-math.inf, math.inf, lambda x: x, lambda x: x, lambda x: 1.0),
    "count": Scale(0, math.inf, np.log1p, lambda y: np.maximum(0, np.expm1(y)), lambda x: 1 / (1 + x)),
    "positive": Scale(0, math.inf, np.log, np.exp, lambda x: 1 / x),
    "explained": Scale(-math.inf, 1, lambda x: -np.log1p(-x), lambda y: -np.expm1(-y), lambda x: 1 / (1 - x)),
    "share": Scale(0, 1, logit, expit, lambda x: 1 / (x * (1 - x))),
    "gap": Scale(-1, 1, np.arctanh, np.tanh, lambda x: 1 / (1 - x * x)),  # between two shares
}


@dataclass(frozen=True)
class Mean:
    """Student's t of `centre`, on the line of its scale, with standard error `se` and `df` degrees of freedom."""

    centre: float
    se: float
    df: float
    scale: str = "real"

    @property
    def effect(self) -> float:
        return float(SCALES[self.scale].back(self.centre))

    def interval(self, level: float = LEVEL) -> tuple[float, float]:
        """Two-sided, at `level` (0..1)."""
        reach = t.ppf((1 + level) / 2, self.df) * self.se
        return tuple(float(SCALES[self.scale].back(self.centre + side * reach)) for side in (-1, 1))

    def p_values(self, bound: float) -> tuple[float, float]:
        scale = SCALES[self.scale]
        if not scale.low < bound < scale.high:
            return (0.0, 1.0) if bound <= scale.low else (1.0, 0.0)
        distance = (self.centre - scale.line(bound)) / self.se
        return float(t.sf(distance, self.df)), float(t.cdf(distance, self.df))


@dataclass(frozen=True)
class Fixed:
    """An effect of which the same is known for every bound: by default nothing, as of one training's spread."""

    effect: float
    ends: tuple[float, float] = (-math.inf, math.inf)
    p: tuple[float, float] = (1.0, 1.0)

    def interval(self, level: float = LEVEL) -> tuple[float, float]:
        return self.ends

    def p_values(self, bound: float) -> tuple[float, float]:
        return self.p


class Counted:
    """An effect by counts, between `ends`; its interval holds the bounds that its test does not reject."""

    ends = (0.0, 1.0)

    def interval(self, level: float = LEVEL) -> tuple[float, float]:
        """Two-sided, at `level` (0..1)."""
        return self._end(0, (1 - level) / 2), self._end(1, (1 - level) / 2)

    def _end(self, side: int, p: float) -> float:
        end = self.ends[side]
        if self.effect == end:
            return end
        inside = end + (self.effect - end) * 1e-9
        return float(brentq(lambda bound: self.p_values(bound)[side] - p, inside, self.effect))


@dataclass(frozen=True)
class Share(Counted):
    """The share of `count` of `n` trainings, by Clopper and Pearson (1934), or of images, by Wilson's score (1927)."""

    count: int
    n: int
    of_trainings: bool = False

    @property
    def effect(self) -> float:
        return self.count / self.n

    def p_values(self, bound: float) -> tuple[float, float]:
        if not 0 < bound < 1:
            return (1.0, 0.0) if bound >= 1 else (0.0, 1.0)
        if self.of_trainings:
            return float(binom.sf(self.count - 1, self.n, bound)), float(binom.cdf(self.count, self.n, bound))
        z = (self.effect - bound) / math.sqrt(bound * (1 - bound) / self.n)
        return float(norm.sf(z)), float(norm.cdf(z))


@dataclass(frozen=True)
class PairedShares(Counted):
    """Two shares of the same `n` images, and their difference: `gained` are in the first alone, `lost` in the second.

    By Tango's score (1998); its test of no difference is McNemar's.
    """

    gained: int
    lost: int
    n: int
    ends = (-1.0, 1.0)

    @property
    def effect(self) -> float:
        return (self.gained - self.lost) / self.n

    def p_values(self, bound: float) -> tuple[float, float]:
        if not -1 < bound < 1:
            return (1.0, 0.0) if bound >= 1 else (0.0, 1.0)
        distance = self.gained - self.lost - self.n * bound
        b = -self.gained - self.lost + (2 * self.n - self.gained + self.lost) * bound
        root = math.sqrt(max(0.0, b * b + 8 * self.n * self.lost * bound * (1 - bound)))
        variance = (root - b) / 2 + self.n * bound * (1 - bound)  # under the bound, with the likeliest shares
        z = distance / math.sqrt(variance) if distance else 0.0
        return float(norm.sf(z)), float(norm.cdf(z))


Estimate = Mean | Fixed | Share | PairedShares


def mean(values: np.ndarray, scale: str) -> Mean | Fixed:
    """The typical one of `values` (n,) on a scale of SCALES."""
    return _known(_typical(values, scale)) if len(values) >= FEWEST else Fixed(_typical(values, scale).effect)


def compared(first: np.ndarray, second: np.ndarray, scale: str, as_ratio: bool) -> Mean | Fixed:
    """The typical one of `first` (n,) less, or over, that of `second` (m,), which are of independent trainings.

    By Welch's t; a difference of shares on a line of its own, whose ends are -1 and 1.
    """
    sides = [_typical(np.log(side), "real") if as_ratio else _typical(side, scale) for side in (first, second)]
    centre = sides[0].effect - sides[1].effect
    outcome = "positive" if as_ratio else "gap" if scale == "share" else "real"
    parts = [((side.se / SCALES[side.scale].slope(side.effect)) ** 2, side.df) for side in sides]  # to first order
    variance = sum(part for part, _ in parts)
    if min(len(first), len(second)) < FEWEST or not variance:
        return Fixed(math.exp(centre) if as_ratio else centre)
    df = _satterthwaite(parts)
    return Mean(centre, math.sqrt(variance), df, outcome) if as_ratio else _of_number(centre, variance, df, outcome)


def of_images(values: np.ndarray, scale: str) -> Mean | Fixed:
    """The mean of `values` (images,), which are as many as make it normal."""
    return _of_number(values.mean(), values.var(ddof=1) / len(values), len(values) - 1, scale)


def crossed(sides: list[np.ndarray], scale: str) -> Mean | Fixed:
    """The mean of values (seeds, images), or of one such side less another on the same images, over both.

    The variances of the seeds of either side and that of the images add up, less that of seeds and images together,
    which is in each of them; the degrees of freedom are Satterthwaite's. No part alone is larger than the whole.
    """
    contrast = sides[0].mean(0) - (sides[1].mean(0) if len(sides) > 1 else 0)
    if min(len(side) for side in sides) < FEWEST:
        return Fixed(float(contrast.mean()))
    parts = [(contrast.var(ddof=1) / contrast.size, contrast.size - 1)]
    parts += [(side.mean(1).var(ddof=1) / len(side), len(side) - 1) for side in sides]
    shared = sum(_interaction(side) / side.size for side in sides)
    whole = max(sum(part for part, _ in parts) - shared, *(part for part, _ in parts))
    return _of_number(contrast.mean(), whole, _satterthwaite(parts) if whole else 1, scale)


def _of_number(centre: float, variance: float, df: float, scale: str) -> Mean | Fixed:
    """Of a number with its variance, which to first order is that on the line over its slope there."""
    on_line = float(SCALES[scale].to_line(centre))
    slope = SCALES[scale].slope(float(SCALES[scale].back(on_line)))
    return _known(Mean(on_line, math.sqrt(variance) * slope, df, scale))


def _interaction(values: np.ndarray) -> float:
    """The variance of values (seeds, images) that neither their seed nor their image explains."""
    rest = values - values.mean(1, keepdims=True) - values.mean(0) + values.mean()
    return float((rest**2).sum() / ((len(values) - 1) * (values.shape[1] - 1)))


def _typical(values: np.ndarray, scale: str) -> Mean:
    line = SCALES[scale].to_line(np.asarray(values, float))
    spread = np.std(line, ddof=1) if np.ptp(line) else 0.0
    return Mean(float(np.mean(line)), float(spread / math.sqrt(len(line))), max(1, len(line) - 1), scale)


def _known(found: Mean) -> Mean | Fixed:
    """As it is, where numbers differ by more than the arithmetic does."""
    return found if found.se > 1e-12 * max(1e-300, abs(found.centre)) else Fixed(found.effect)


def _satterthwaite(parts: list[tuple[float, float]]) -> float:
    """Degrees of freedom of a sum of variances, each with its own."""
    return sum(part for part, _ in parts) ** 2 / sum(part**2 / df for part, df in parts)
