"""How often each test of a run would be wrong, and how often it would see an effect: with its own spread and n.

Simulated are the values that a test resamples, not trainings: normal ones by seed and by image with the spread that the
run measured, right and wrong answers by their shares. They go through the estimates that decide the run's own verdicts.
"""

import math

import numpy as np
import pandas as pd
from scipy.stats import norm, t

from archdyn.claims.decide import MET, UNDECIDED, Target
from archdyn.claims.estimates import Estimate, PairedShares, Share, of_both, of_images, of_seeds

IMAGES = 100  # of seeds x images, simulated as fewer images with the same variance of their mean
HEADINGS = [
    "method",
    "seeds, images",
    "tests",
    "nominal (%)",
    "false holds, worst (%)",
    "false holds, mean (%)",
    "false holds, equal sides (%)",
    "power at the detectable effect, mean (%)",
]
COLUMNS = ["holds_at_bound", "decided_at_detectable", "holds_if_equal", "equal_is"]


def simulate(test: dict, repetitions: int, rng: np.random.Generator) -> dict:
    """One row of tests.csv, repeated with its effect set; shares in 0..1, None where nothing can be simulated.

    holds_at_bound: how often it holds though the effect is at its bound (at most half of 1 - level is nominal).
    decided_at_detectable: how often it is decided with the effect as far inside its bound as tests.csv calls detectable
    (nominal: 0.8). holds_if_equal: how often it holds where both sides are the same, which by the rule is_true or not.
    """
    log = "÷" in test["estimand"]
    ends = np.array([test["low"], test["high"]])
    if not np.isfinite(ends).all() or ends[0] == ends[1] or (log and (ends <= 0).any()):
        return dict.fromkeys(COLUMNS)
    target = Target(test["relation"], test["bound"], 0.0 if pd.isna(test["margin"]) else test["margin"])
    edge, sign = _edge(target, test["effect"])
    inside = edge * test["detectable"] ** sign if log else edge + sign * test["detectable"]
    rates = {
        "holds_at_bound": _rate(test, target, edge, repetitions, rng, {MET}),
        "decided_at_detectable": 1 - _rate(test, target, inside, repetitions, rng, {UNDECIDED}),
    }
    return dict.fromkeys(COLUMNS) | rates | _if_equal(test, target, log, repetitions, rng)


def summarise(tests: pd.DataFrame) -> pd.DataFrame:
    """A row per method and number of seeds and images, with the worst and the mean of the rates of `simulate`."""
    known = tests.dropna(subset=["holds_at_bound"])
    false = known[known["equal_is"] == "false"]
    rows = []  # none where no test has an interval
    for key, group in known.groupby(["method", "n_seeds", known["n_images"].fillna(0).astype(int)], sort=True):
        equal = false.loc[false.index.intersection(group.index), "holds_if_equal"]
        rates = [
            (1 - group["level"]).mean() / 2,
            group["holds_at_bound"].max(),
            group["holds_at_bound"].mean(),
            equal.astype(float).max(),
            group["decided_at_detectable"].mean(),
        ]
        method, seeds, images = key
        rows.append((method, f"{seeds}, {images or '–'}", len(group), *map(_percent, rates)))
    return pd.DataFrame(rows, columns=HEADINGS)


def _percent(share: float) -> str:
    return "–" if pd.isna(share) else f"{100 * share:.1f}"


def _edge(target: Target, effect: float) -> tuple[float, int]:
    """The bound that is nearest to the effect, and the direction from it into the range."""
    low, high = target.range
    return (low, 1) if abs(effect - low) <= abs(effect - high) else (high, -1)


def _if_equal(test: dict, target: Target, log: bool, repetitions: int, rng: np.random.Generator) -> dict:
    if not (log or " − " in test["estimand"]):
        return {}
    neutral, (low, high) = float(log), target.range
    return {
        "holds_if_equal": _rate(test, target, neutral, repetitions, rng, {MET}),
        "equal_is": "true" if low < neutral < high else "false",
    }


def _rate(
    test: dict, target: Target, effect: float, repetitions: int, rng: np.random.Generator, decisions: set[str]
) -> float:
    """How often the decision is one of these where the effect is `effect`."""
    found = (_drawn(test, effect, rng) for _ in range(repetitions))
    return sum(target.decision(estimate.interval(test["level"])) in decisions for estimate in found) / repetitions


def _drawn(test: dict, effect: float, rng: np.random.Generator) -> Estimate:
    seeds, images = int(test["n_seeds"]), 0 if pd.isna(test["n_images"]) else int(test["n_images"])
    if test["method"].startswith("Wilson"):
        return Share(int(rng.binomial(images, min(max(effect, 0), 1))), images)
    half = (test["high"] - test["low"]) / 2
    if test["method"].startswith("McNemar"):
        return _paired_shares(effect, half / norm.ppf((1 + test["level"]) / 2) * math.sqrt(images), images, rng)
    log = "÷" in test["estimand"]
    half = math.log(test["high"] / test["low"]) / 2 if log else half
    centre = math.log(effect) if log else effect
    both = "seeds x images" in test["method"]
    n = images if "image" in test["method"] and not both else seeds
    df = 4 * (n - 1) if both else n - 1  # Satterthwaite's, where half of the variance is that of seeds
    se = half / t.ppf((1 + test["level"]) / 2, max(1, df))
    if both:
        shift = se * math.sqrt(seeds / 2) * rng.standard_normal((seeds, 1))
        noise = se * math.sqrt(IMAGES / 2) * rng.standard_normal((1, IMAGES))
        return of_both(centre + shift + noise, log, None)
    values = centre + se * math.sqrt(n) * rng.standard_normal(n)
    return of_images(values, log) if n == images else of_seeds(values, log, None)


def _paired_shares(effect: float, sd: float, n: int, rng: np.random.Generator) -> PairedShares:
    """Answers that differ as often as `sd`, that of their difference by image, says."""
    effect = min(max(effect, -1.0), 1.0)
    discordant = min(1.0, max(sd**2 + effect**2, abs(effect)))
    gained, lost, _ = rng.multinomial(n, [(discordant + effect) / 2, (discordant - effect) / 2, 1 - discordant])
    return PairedShares(int(gained), int(lost), n)
