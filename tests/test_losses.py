"""The signs and sizes of the GAN losses, against their definitions in D(x) = sigmoid(logit)."""

import math

import pytest
import torch

from archdyn.experiments.gan.train import discriminator_loss, minimax, minimax_wrong_sign, non_saturating

LOGITS = torch.tensor([-6.0, -1.0, 0.0, 2.0])


def gradient(loss, logit: float) -> float:
    value = torch.tensor([float(logit)], requires_grad=True)
    loss(value).backward()
    return value.grad.item()


@pytest.mark.parametrize(
    ("loss", "definition"),
    [
        (non_saturating, lambda d: -math.log(d)),
        (minimax, lambda d: math.log(1 - d)),
        (minimax_wrong_sign, lambda d: -math.log(1 - d)),
    ],
)
def test_generator_losses_are_their_definitions(loss, definition):
    probabilities = torch.sigmoid(LOGITS.double()).tolist()
    expected = sum(map(definition, probabilities)) / len(probabilities)
    assert loss(LOGITS).item() == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("logit", [-3.0, 0.0, 3.0])
def test_descent_raises_d_of_fakes_but_for_the_wrong_sign(logit):
    assert gradient(non_saturating, logit) < 0
    assert gradient(minimax, logit) < 0
    assert gradient(minimax_wrong_sign, logit) > 0


def test_where_d_rejects_only_the_non_saturating_gradient_stays():
    assert abs(gradient(minimax, -10)) < 1e-4
    assert abs(gradient(minimax_wrong_sign, -10)) < 1e-4
    assert gradient(non_saturating, -10) == pytest.approx(-1, abs=1e-4)


def test_a_guessing_discriminator_loses_two_ln_two():
    zeros = torch.zeros(5, 1)
    assert discriminator_loss(zeros, zeros, 1.0).item() == pytest.approx(2 * math.log(2))


def test_smoothed_labels_have_their_minimum_at_the_label():
    logits = torch.linspace(-4, 6, 2001).unsqueeze(1)
    losses = [discriminator_loss(logit, torch.tensor([-50.0]), 0.9).item() for logit in logits]
    best = torch.sigmoid(logits[losses.index(min(losses))]).item()
    assert best == pytest.approx(0.9, abs=0.01)
