"""Metrics of generated images against values known in closed form."""

import numpy as np
import pandas as pd
import pytest

from archdyn.metrics.generative import (
    class_histogram,
    frechet_distance,
    gaussian_frechet,
    histogram_kl,
    modes_covered,
    nearest_distance,
    pairwise_distance,
    precision_recall,
)
from archdyn.metrics.tidy import summarise, tidy

RANDOM = np.random.default_rng(0)


def test_frechet_of_two_known_gaussians():
    # |m|^2 + sum (s_a - s_b)^2 for diagonal covariances
    a, b = np.diag([1.0, 4.0, 9.0]), np.diag([4.0, 4.0, 1.0])
    assert gaussian_frechet(np.zeros(3), a, np.array([3.0, 0, 4.0]), b) == pytest.approx(25 + 1 + 0 + 4)


def test_frechet_is_zero_for_equal_sets_and_grows_with_a_shift():
    features = RANDOM.normal(size=(500, 6))
    assert frechet_distance(features, features) == pytest.approx(0, abs=1e-8)
    assert frechet_distance(features, features + 2) == pytest.approx(6 * 4)


def test_frechet_stands_a_collapsed_set():
    features = RANDOM.normal(size=(500, 6))
    collapsed = np.zeros((100, 6))
    expected = (features.mean(0) ** 2).sum() + np.trace(np.cov(features, rowvar=False))
    assert frechet_distance(features, collapsed) == pytest.approx(expected)


def test_precision_recall_of_equal_distributions_are_high():
    real, fake = RANDOM.normal(size=(2, 1500, 4))
    values = precision_recall(real, fake, k=5)
    assert values["precision"] > 0.9
    assert values["recall"] > 0.9
    assert values["density"] == pytest.approx(1, abs=0.1)
    assert values["coverage"] == pytest.approx(1 - 0.5**5, abs=0.03)  # Naeem et al. 2020, lemma 2


def test_precision_without_variety_has_no_recall():
    real = RANDOM.normal(size=(1000, 4))
    dense_spot = np.zeros((1000, 4)) + 1e-3 * RANDOM.normal(size=(1000, 4))
    values = precision_recall(real, dense_spot, k=5)
    assert values["precision"] > 0.95
    assert values["recall"] < 0.02
    assert values["coverage"] < 0.1


def test_far_samples_have_no_precision():
    values = precision_recall(RANDOM.normal(size=(300, 4)), 50 + RANDOM.normal(size=(300, 4)), k=5)
    assert set(values.values()) == {0}


def test_class_histogram_and_its_kl():
    even = np.full(10, 0.1)
    one_digit = class_histogram(np.full(50, 8), 10)
    assert one_digit.tolist() == [0] * 8 + [1, 0]
    assert histogram_kl(one_digit, even) == pytest.approx(np.log(10))
    assert histogram_kl(even, even) == 0
    assert modes_covered(one_digit, even) == 1
    assert modes_covered(even, even) == 10


def test_pairwise_and_nearest_distances():
    black, white = np.zeros((2, 2, 2), np.uint8), np.full((2, 2, 2), 255, np.uint8)
    assert pairwise_distance(np.concatenate([black[:1], white[:1]])) == pytest.approx(2)
    assert pairwise_distance(black) == 0
    assert nearest_distance(white, black) == pytest.approx(2)
    assert nearest_distance(white, np.concatenate([black, white])) == 0


def test_summary_has_mean_sample_sd_and_n():
    rows = [tidy("gan", "baseline", seed, {"precision": value}) for seed, value in enumerate((0.2, 0.4, 0.6))]
    summary = summarise(pd.concat(rows)).iloc[0]
    assert summary["mean"] == pytest.approx(0.4)
    assert summary["sd"] == pytest.approx(0.2)
    assert summary["n"] == 3
