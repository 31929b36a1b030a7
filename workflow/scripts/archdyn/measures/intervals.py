"""Intervals that the metrics of several experiments share."""

import numpy as np
from scipy.stats import binomtest


def wilson_interval(right: np.ndarray) -> tuple[float, float]:
    """95% interval (Wilson 1927) of the share of True in `right`, bool (n,); within 0..1 at both ends."""
    interval = binomtest(int(right.sum()), len(right)).proportion_ci(method="wilson")
    return float(interval.low), float(interval.high)
