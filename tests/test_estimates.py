"""Intervals and tests against values known beforehand, and against each other: each interval inverts its own test."""

import math

import numpy as np
import pytest
from scipy import stats

from archdyn.claims.decide import FALSE_DISCOVERIES, Target, family_level
from archdyn.claims.estimates import PairedShares, Share, Student, Unknown, of_both, of_images, of_seeds
from archdyn.claims.power import detectable

ESTIMATES = [
    Student(0.3, 0.1, 4),
    Student(0.3, 0.1, 4, log=True),
    Share(83, 100),
    Share(0, 20),
    PairedShares(30, 12, 400),
    PairedShares(5, 0, 300),
    PairedShares(0, 0, 300),
]
TARGETS = [Target("at_least", 0.05), Target("at_most", 0.4), Target("near", 0.8, 0.1), Target("near", 0.0, 0.3)]


@pytest.mark.parametrize("estimate", ESTIMATES, ids=repr)
@pytest.mark.parametrize("level", [0.8, 0.95, 0.999])
def test_the_ends_of_an_interval_are_where_its_test_turns(estimate, level):
    low, high = estimate.interval(level)
    assert low <= estimate.effect <= high
    if low > -1 and low != 0:
        assert estimate.p_values(low)[0] == pytest.approx((1 - level) / 2, rel=1e-4)
    if high < 1 or isinstance(estimate, Student):
        assert estimate.p_values(high)[1] == pytest.approx((1 - level) / 2, rel=1e-4)


@pytest.mark.parametrize("estimate", ESTIMATES, ids=repr)
@pytest.mark.parametrize("target", TARGETS, ids=repr)
@pytest.mark.parametrize("level", [0.8, 0.95, 0.999])
def test_a_decision_never_contradicts_its_p_value(estimate, target, level):
    assert (target.p(estimate) <= 1 - level) == (target.decision(estimate.interval(level)) != "undecided")


def test_seeds_are_judged_by_students_t():
    values = np.array([0.2, 0.5, 0.1, 0.4])
    found = of_seeds(values, log=False, resolution=None)
    expected = stats.ttest_1samp(values, 0.1)
    assert found.interval(0.9) == pytest.approx(tuple(expected.confidence_interval(0.9)))
    assert 2 * found.p_values(0.1)[0] == pytest.approx(expected.pvalue)


def test_a_share_is_judged_by_wilson():
    assert Share(15, 100).interval(0.95) == pytest.approx((0.0931, 0.2328), abs=1e-4)


def test_without_a_difference_the_paired_test_is_mcnemars():
    found = PairedShares(30, 12, 400)
    statistic = (30 - 12) ** 2 / (30 + 12)
    assert 2 * found.p_values(0)[0] == pytest.approx(stats.chi2.sf(statistic, 1))


def test_tangos_interval_of_his_own_example():
    assert PairedShares(0, 1, 44).interval(0.95) == pytest.approx((-0.118, 0.0594), abs=1e-3)  # -1/44


def test_seeds_that_agree_have_the_spread_of_rounding():
    same = np.full(5, 10.0)
    assert isinstance(of_seeds(same, log=False, resolution=None), Unknown)
    assert of_seeds(same, log=False, resolution=1.0).se == pytest.approx(1 / math.sqrt(12 * 5))
    assert isinstance(of_seeds(same[:1], log=False, resolution=1.0), Unknown)


def test_the_variance_of_seeds_and_images_adds_up():
    rng = np.random.default_rng(0)
    seeds, images = 6, 5000
    centres = []
    for _ in range(300):
        values = 0.1 * rng.standard_normal((seeds, 1)) + 0.5 * rng.standard_normal((1, images))
        values = values + 0.5 * rng.standard_normal((seeds, images))
        centres.append(of_both(values, log=False, resolution=None))
    true = 0.1**2 / seeds + 0.5**2 / images + 0.5**2 / (seeds * images)
    assert np.mean([found.se**2 for found in centres]) == pytest.approx(true, rel=0.1)
    covered = np.mean([found.interval(0.95)[0] < 0 < found.interval(0.95)[1] for found in centres])
    assert 0.92 < covered < 0.98


def test_both_with_one_source_of_chance_is_that_source():
    rng = np.random.default_rng(1)
    noise = rng.standard_normal(400)
    assert of_both(np.tile(noise, (5, 1)), log=False, resolution=None).se == pytest.approx(of_images(noise).se)
    shifts = rng.standard_normal(5)
    found, expected = of_both(np.tile(shifts[:, None], (1, 400)), False, None), of_seeds(shifts, False, None)
    assert (found.se, found.df) == pytest.approx((expected.se, expected.df))


@pytest.mark.parametrize(
    ("p_values", "decided"),
    [([0.001, 0.02, 0.5, 0.9], 2), ([0.3, 0.4], 0), ([0.013, 0.014, 0.015, 0.9], 3), ([], 0)],
)
def test_the_level_of_a_family_leaves_out_what_benjamini_and_hochberg_decide(p_values, decided):
    level = family_level(p_values)
    assert level == pytest.approx(1 - FALSE_DISCOVERIES * max(1, decided) / max(1, len(p_values)))
    assert sum(p <= 1 - level for p in p_values) == decided


def test_what_could_have_been_detected_is_detected_in_four_of_five():
    rng = np.random.default_rng(2)
    reach = detectable(Student(0.0, 1 / math.sqrt(50), 49), 0.95)
    found = [of_seeds(reach + rng.standard_normal(50), False, None).interval(0.95)[0] > 0 for _ in range(1000)]
    assert 0.76 < np.mean(found) < 0.84
