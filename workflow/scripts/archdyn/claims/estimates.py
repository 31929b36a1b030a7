"""An effect with its interval at any level, and the p values that belong to it: each interval inverts its own test.

So an interval excludes a bound just where the test against that bound rejects, and a verdict cannot contradict it.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.stats import binomtest, norm, t


@dataclass(frozen=True)
class Student:
    """Student's t of `centre` with standard error `se` > 0 and `df` degrees of freedom; of its exponential if `log`."""

    centre: float
    se: float
    df: float
    log: bool = False

    @property
    def effect(self) -> float:
        return self._shown(self.centre)

    def interval(self, level: float) -> tuple[float, float]:
        """Two-sided, at `level` (0..1)."""
        half = t.ppf((1 + level) / 2, self.df) * self.se
        return self._shown(self.centre - half), self._shown(self.centre + half)

    def p_values(self, bound: float) -> tuple[float, float]:
        """One-sided p that the effect is at most `bound`, and that it is at least `bound`."""
        if self.log and bound <= 0:
            return 0.0, 1.0  # a ratio of positive numbers is above it
        z = (self.centre - (math.log(bound) if self.log else bound)) / self.se
        return float(t.sf(z, self.df)), float(t.cdf(z, self.df))

    def _shown(self, value: float) -> float:
        return float(np.exp(value)) if self.log else float(value)


@dataclass(frozen=True)
class Share:
    """The share of `count` among `n`, by Wilson's score interval (1927)."""

    count: int
    n: int

    @property
    def effect(self) -> float:
        return self.count / self.n

    def interval(self, level: float) -> tuple[float, float]:
        """Two-sided, at `level` (0..1)."""
        found = binomtest(self.count, self.n).proportion_ci(level, method="wilson")
        return float(found.low), float(found.high)

    def p_values(self, bound: float) -> tuple[float, float]:
        """One-sided p that the share is at most `bound`, and that it is at least `bound`."""
        if not 0 < bound < 1:
            return (1.0, 0.0) if bound >= 1 else (0.0, 1.0)
        z = (self.effect - bound) / math.sqrt(bound * (1 - bound) / self.n)
        return float(norm.sf(z)), float(norm.cdf(z))


@dataclass(frozen=True)
class PairedShares:
    """Two shares of the same `n`, and their difference: `gained` are in the first alone, `lost` in the second.

    By Tango's score interval (1998); its test of no difference is McNemar's.
    """

    gained: int
    lost: int
    n: int

    @property
    def effect(self) -> float:
        return (self.gained - self.lost) / self.n

    def interval(self, level: float) -> tuple[float, float]:
        """Two-sided, at `level` (0..1)."""
        z = norm.ppf((1 + level) / 2)
        low = brentq(lambda bound: self._score(bound) - z, -1 + 1e-9, self.effect) if self.effect > -1 else -1.0
        high = brentq(lambda bound: self._score(bound) + z, self.effect, 1 - 1e-9) if self.effect < 1 else 1.0
        return float(low), float(high)

    def p_values(self, bound: float) -> tuple[float, float]:
        """One-sided p that the difference is at most `bound`, and that it is at least `bound`."""
        if not -1 < bound < 1:
            return (1.0, 0.0) if bound >= 1 else (0.0, 1.0)
        z = self._score(bound)
        return float(norm.sf(z)), float(norm.cdf(z))

    def _score(self, bound: float) -> float:
        """Standard normal where the difference is `bound`, whose variance takes the likeliest shares under it."""
        distance = self.gained - self.lost - self.n * bound
        if distance == 0:
            return 0.0
        a = 2 * self.n
        b = -self.gained - self.lost + (2 * self.n - self.gained + self.lost) * bound
        c = -self.lost * bound * (1 - bound)
        lost = (math.sqrt(max(0.0, b * b - 4 * a * c)) - b) / (2 * a)
        return distance / math.sqrt(self.n * (2 * lost + bound * (1 - bound)))


@dataclass(frozen=True)
class Unknown:
    """An effect whose spread is unknown, as that of one seed; no bound is outside its interval."""

    effect: float

    def interval(self, level: float) -> tuple[float, float]:
        """Without ends, at any level."""
        return -math.inf, math.inf

    def p_values(self, bound: float) -> tuple[float, float]:
        """1 on both sides of any bound."""
        return 1.0, 1.0


@dataclass(frozen=True)
class Exact:
    """A number that nothing was sampled for: it is what it is."""

    effect: float

    def interval(self, level: float) -> tuple[float, float]:
        """The number itself, at any level."""
        return self.effect, self.effect

    def p_values(self, bound: float) -> tuple[float, float]:
        """0 on the side of a bound where the number is not, else 1."""
        return float(self.effect <= bound), float(self.effect >= bound)


Estimate = Student | Share | PairedShares | Unknown | Exact


def of_seeds(values: np.ndarray, log: bool, resolution: float | None, beside_one: bool = False) -> Estimate:
    """The mean of `values` (seeds,), of whose exponential if `log`; a spread is at least that of rounding.

    beside_one: it is compared with one run of somebody else's, which scatters as any of ours does.
    """
    n = len(values)
    sd = max(values.std(ddof=1), (resolution or 0) / math.sqrt(12)) if n > 1 else 0.0
    if _is_nothing(sd, values):
        return Unknown(float(np.exp(values.mean()) if log else values.mean()))
    return Student(float(values.mean()), sd * math.sqrt(1 / n + beside_one), n - 1, log)


def of_images(values: np.ndarray, log: bool = False) -> Estimate:
    """The mean of `values` (images,), of whose exponential if `log`."""
    return of_seeds(values, log, None)


def of_both(values: np.ndarray, log: bool, resolution: float | None) -> Estimate:
    """The mean of `values` (seeds, images), each seed on the same images; of whose exponential if `log`.

    The variance of seeds and that of images add up, less that of both together, which is in each of them; the degrees
    of freedom are Satterthwaite's. Neither part alone is larger than the whole.
    """
    seeds, images = values.shape
    by_seed, by_image = values.mean(1), values.mean(0)
    rest = values - by_seed[:, None] - by_image + values.mean()
    sd_seeds = max(by_seed.std(ddof=1), (resolution or 0) / math.sqrt(12))
    parts = sd_seeds**2 / seeds, by_image.var(ddof=1) / images
    shared = (rest**2).sum() / ((seeds - 1) * (images - 1)) / (seeds * images)
    variance = max(sum(parts) - shared, *parts)
    if _is_nothing(math.sqrt(variance), values):
        return Unknown(float(np.exp(values.mean()) if log else values.mean()))
    df = variance**2 / (parts[0] ** 2 / (seeds - 1) + parts[1] ** 2 / (images - 1))
    return Student(float(values.mean()), math.sqrt(variance), df, log)


def _is_nothing(spread: float, values: np.ndarray) -> bool:
    """Whether a spread is no more than the arithmetic's."""
    return not spread > 1e-12 * max(1e-300, float(np.abs(values).max()))
