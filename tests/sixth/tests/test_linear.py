"""The sixth experiment: PCA's error is known; a run says whether a linear autoencoder reaches it."""

import numpy as np
import pytest

from archdyn.experiments.linear.metrics import pca_error


def test_the_error_of_pca_is_the_sum_of_the_variances_that_it_leaves_out():
    draws = np.random.default_rng(0).normal(size=(500, 4))
    uncorrelated, _ = np.linalg.qr(draws - draws.mean(0))
    data = uncorrelated * np.sqrt(500) * [3, 2, 1, 0.5]
    assert pca_error(data, data, 2) == pytest.approx(1 + 0.25)
