"""Intervals and tests against values known beforehand, against each other, and on data that Student's t gets wrong."""

import math

import numpy as np
import pytest
from scipy import stats

from archdyn.claims.estimates import Fixed, Mean, PairedShares, Share, compared, crossed, mean, of_images

ESTIMATES = [
    Mean(0.3, 0.1, 4),
    Mean(0.3, 0.1, 4, "positive"),
    Mean(2.9, 0.8, 2, "share"),
    Mean(1.4, 0.6, 2, "gap"),
    Mean(0.2, 0.7, 2, "count"),
    Share(83, 100),
    Share(0, 20),
    PairedShares(30, 12, 400),
    PairedShares(5, 0, 300),
    PairedShares(0, 0, 300),
    Share(5, 6, of_trainings=True),
    Share(0, 6, of_trainings=True),
]
RANGES = {"share": (0, 1), "gap": (-1, 1), "count": (0, math.inf), "positive": (0, math.inf)}


@pytest.mark.parametrize("estimate", ESTIMATES, ids=repr)
@pytest.mark.parametrize("level", [0.8, 0.95, 0.999])
def test_the_ends_of_an_interval_are_where_its_test_turns(estimate, level):
    low, high = estimate.interval(level)
    assert low <= estimate.effect <= high
    lowest, highest = RANGES.get(getattr(estimate, "scale", None), getattr(estimate, "ends", (-math.inf, math.inf)))
    assert lowest <= low
    assert high <= highest
    for side, end, edge in ((0, low, lowest), (1, high, highest)):
        if end != edge:
            assert estimate.p_values(end)[side] == pytest.approx((1 - level) / 2, rel=1e-3)


def test_seeds_are_judged_by_students_t_on_their_line():
    values = np.array([0.2, 0.5, 0.1, 0.4])
    expected = stats.ttest_1samp(values, 0.1)
    assert mean(values, "real").interval(0.9) == pytest.approx(tuple(expected.confidence_interval(0.9)))
    assert 2 * mean(values, "real").p_values(0.1)[0] == pytest.approx(expected.pvalue)
    assert mean(values, "positive").effect == pytest.approx(stats.gmean(values))
    on_logit = stats.ttest_1samp(np.log(values / (1 - values)), 0).confidence_interval(0.9)
    assert mean(values, "share").interval(0.9) == pytest.approx(1 / (1 + np.exp(-np.array(on_logit))))


def test_conditions_are_compared_by_welch():
    first, second = np.array([3.0, 3.4, 2.9, 3.1]), np.array([1.0, 2.2, 0.7])
    expected = stats.ttest_ind(first, second, equal_var=False)
    found = compared(first, second, "real", as_ratio=False)
    assert found.interval(0.9) == pytest.approx(tuple(expected.confidence_interval(0.9)))
    ratio = compared(np.exp(first), np.exp(second), "positive", as_ratio=True)
    assert np.log(ratio.interval(0.9)) == pytest.approx(tuple(expected.confidence_interval(0.9)))


@pytest.mark.parametrize("other", [0.9, 0.5, 0.02])
def test_a_difference_of_shares_stays_between_minus_one_and_one(other):
    found = compared(np.array([0.999, 0.97, 1.0]), np.array([other, other / 3, other / 2]), "share", as_ratio=False)
    low, high = found.interval()
    assert -1 < low < high < 1


def trainings(k: int, n: int) -> Share:
    return Share(k, n, of_trainings=True)


def test_six_trainings_that_agree_decide_and_three_never_do():
    assert 2 * trainings(6, 6).p_values(0.5)[0] == pytest.approx(2 / 64)
    assert 2 * trainings(0, 6).p_values(0.5)[1] == pytest.approx(2 / 64)
    assert 2 * trainings(5, 5).p_values(0.5)[0] > 0.05
    assert min(2 * p for k in range(4) for p in trainings(k, 3).p_values(0.5)) == 0.25
    assert trainings(3, 3).interval() == pytest.approx((0.2924, 1.0), abs=1e-4)  # of Clopper and Pearson


def test_a_share_is_judged_by_wilson():
    assert Share(15, 100).interval() == pytest.approx((0.0931, 0.2328), abs=1e-4)


def test_without_a_difference_the_paired_test_is_mcnemars():
    statistic = (30 - 12) ** 2 / (30 + 12)
    assert 2 * PairedShares(30, 12, 400).p_values(0)[0] == pytest.approx(stats.chi2.sf(statistic, 1))


def test_tangos_interval_of_his_own_example():
    assert PairedShares(0, 1, 44).interval() == pytest.approx((-0.118, 0.0594), abs=1e-3)  # -1/44


@pytest.mark.parametrize("scale", ["real", "positive", "share", "count"])
def test_seeds_that_agree_and_too_few_seeds_have_no_interval(scale):
    for values in (np.full(5, 0.7), np.array([0.2, 0.7])):
        found = mean(values, scale)
        assert isinstance(found, Fixed)
        assert found.p_values(0.1) == (1, 1)
        assert not np.isfinite(found.interval()).any()
    assert isinstance(compared(np.full(5, 0.7), np.full(4, 0.2), scale, as_ratio=False), Fixed)
    assert isinstance(compared(np.array([0.2, 0.5, 0.4]), np.array([0.7]), scale, as_ratio=False), Fixed)


def draws(name: str, rng: np.random.Generator, n: int) -> np.ndarray:
    if name == "beta":
        return rng.beta(5, 0.5, n)
    return np.exp(0.8 * rng.standard_normal(n)) if name == "lognormal" else np.where(rng.random(n) < 0.8, 10.0, 5.0)


def ours(name: str, values: np.ndarray) -> tuple[float, float]:
    if name == "digits":
        return trainings(int((values >= 9).sum()), len(values)).interval()
    return mean(values, {"beta": "share", "lognormal": "positive"}[name]).interval()


def students(values: np.ndarray) -> tuple[float, float]:
    return stats.ttest_1samp(values, 0).confidence_interval(0.95) if np.ptp(values) else (values[0], values[0])


@pytest.mark.parametrize("n", [3, 5, 10])
@pytest.mark.parametrize("name", ["digits", "beta", "lognormal"])
def test_intervals_cover_skewed_and_bimodal_trainings_where_students_t_does_not(name, n):
    """Of what they say: in how many trainings at least nine digits are drawn, the typical share, the typical number."""
    rng = np.random.default_rng(n)
    many = draws(name, rng, 10**6)
    typical = {"digits": 0.8, "lognormal": 1.0}.get(name) or mean(many, "share").effect
    found = [draws(name, rng, n) for _ in range(1000)]
    assert np.mean([low <= typical <= high for low, high in (ours(name, values) for values in found)]) > 0.915
    assert np.mean([low <= many.mean() <= high for low, high in map(students, found)]) < 0.915


def test_the_variance_of_seeds_and_images_adds_up():
    rng = np.random.default_rng(0)
    seeds, images = 6, 5000
    found = []
    for _ in range(300):
        values = 0.1 * rng.standard_normal((seeds, 1)) + 0.5 * rng.standard_normal((1, images))
        found.append(crossed([values + 0.5 * rng.standard_normal((seeds, images))], "real"))
    true = 0.1**2 / seeds + 0.5**2 / images + 0.5**2 / (seeds * images)
    assert np.mean([one.se**2 for one in found]) == pytest.approx(true, rel=0.1)
    assert 0.92 < np.mean([one.interval()[0] < 0 < one.interval()[1] for one in found]) < 0.98


def test_two_networks_on_the_same_images_are_paired_by_image_and_not_by_seed():
    rng = np.random.default_rng(1)
    images = 0.5 * rng.standard_normal(2000)
    first, second = (images + shift for shift in 0.1 * rng.standard_normal((2, 5, 1)))
    found = crossed([first, second], "real")
    expected = compared(first.mean(1), second.mean(1), "real", as_ratio=False)  # of images nothing is left
    assert (found.effect, found.se, found.df) == pytest.approx((expected.effect, expected.se, expected.df))
    assert crossed([first, second[::-1]], "real").se == pytest.approx(found.se)


def test_both_with_one_source_of_chance_is_that_source():
    noise = np.random.default_rng(1).standard_normal(400)
    assert crossed([np.tile(noise, (5, 1))], "real").se == pytest.approx(of_images(noise, "real").se)
