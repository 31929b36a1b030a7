"""The sixth experiment: PCA's error is known, and a linear autoencoder reaches it (Baldi and Hornik 1989)."""

import numpy as np
import pytest
import torch

from archdyn.experiments.linear.metrics import flat, mean_error, pca_error
from archdyn.experiments.linear.settings import LinearTraining
from archdyn.experiments.linear.train import train_linear


def test_the_error_of_pca_is_the_sum_of_the_variances_that_it_leaves_out():
    draws = np.random.default_rng(0).normal(size=(500, 4))
    uncorrelated, _ = np.linalg.qr(draws - draws.mean(0))
    data = uncorrelated * np.sqrt(500) * [3, 2, 1, 0.5]
    assert pca_error(data, data, 2) == pytest.approx(1 + 0.25)


def test_a_linear_autoencoder_reaches_pca():
    rng = np.random.default_rng(0)
    signal = rng.normal(size=(256, 2)) @ rng.normal(size=(2, 64))
    images = np.clip(128 + 20 * signal + 4 * rng.normal(size=(256, 64)), 0, 255).astype(np.uint8).reshape(-1, 8, 8)
    torch.manual_seed(0)
    settings = LinearTraining(images=None, epochs=100, batch_size=32, learning_rate=0.01, latents=2)
    model = train_linear(images, settings, torch.device("cpu"))
    with torch.no_grad():
        outputs = model(torch.tensor(flat(images), dtype=torch.float32)).numpy()
    best = pca_error(flat(images), flat(images), 2)
    assert best * (1 - 1e-5) <= mean_error(outputs, flat(images)) < 1.02 * best
