"""The signs and sizes of the GAN losses, against their definitions in D(x) = sigmoid(logit)."""

import math

import pytest
import torch

from archdyn.experiments.gan.losses import LOSSES

LOGITS, PROBABILITIES = LOSSES["logits"], LOSSES["probabilities"]
ARITHMETIC = {"logits": LOGITS, "probabilities": PROBABILITIES}
FAKES = torch.tensor([-6.0, -1.0, 0.0, 2.0])


def gradient(loss, logit: float) -> float:
    value = torch.tensor([float(logit)], requires_grad=True)
    loss(value).backward()
    return value.grad.item()


DEFINITIONS = {
    "non_saturating": lambda d: -math.log(d),
    "minimax": lambda d: math.log(1 - d),
    "minimax_wrong_sign": lambda d: -math.log(1 - d),
}
BOTH = pytest.mark.parametrize("losses", ARITHMETIC.values(), ids=ARITHMETIC)


@BOTH
@pytest.mark.parametrize("name", DEFINITIONS)
def test_generator_losses_are_their_definitions(losses, name):
    probabilities = torch.sigmoid(FAKES.double()).tolist()
    expected = sum(map(DEFINITIONS[name], probabilities)) / len(probabilities)
    assert losses.generator[name](FAKES).item() == pytest.approx(expected, rel=1e-5)


@BOTH
@pytest.mark.parametrize("logit", [-3.0, 0.0, 3.0])
def test_descent_raises_d_of_fakes_but_for_the_wrong_sign(losses, logit):
    assert gradient(losses.generator["non_saturating"], logit) < 0
    assert gradient(losses.generator["minimax"], logit) < 0
    assert gradient(losses.generator["minimax_wrong_sign"], logit) > 0


@BOTH
def test_where_d_rejects_only_the_non_saturating_gradient_stays(losses):
    assert abs(gradient(losses.generator["minimax"], -10)) < 1e-4
    assert abs(gradient(losses.generator["minimax_wrong_sign"], -10)) < 1e-4
    assert gradient(losses.generator["non_saturating"], -10) == pytest.approx(-1, abs=1e-4)


@BOTH
def test_a_guessing_discriminator_loses_two_ln_two(losses):
    zeros = torch.zeros(5, 1)
    assert losses.discriminator(zeros, zeros, 1.0).item() == pytest.approx(2 * math.log(2))


@BOTH
def test_smoothed_labels_have_their_minimum_at_the_label(losses):
    logits = torch.linspace(-4, 6, 2001).unsqueeze(1)
    found = [losses.discriminator(logit, torch.tensor([-50.0]), 0.9).item() for logit in logits]
    best = torch.sigmoid(logits[found.index(min(found))]).item()
    assert best == pytest.approx(0.9, abs=0.01)


# of the discriminator: what it says of a real image, and of a fake
SAYS = {
    "real": lambda losses: lambda logit: losses.discriminator(logit, torch.tensor([0.0]), 1.0),
    "fake": lambda losses: lambda logit: losses.discriminator(torch.tensor([0.0]), logit, 1.0),
}


@pytest.mark.parametrize(("kind", "wrong", "pull"), [("real", -200.0, -1.0), ("fake", 17.0, 1.0)])
def test_a_discriminator_that_is_wrong_and_sure_learns_from_logits_and_nothing_from_probabilities(kind, wrong, pull):
    """The sigmoid is 0 or 1 in float32, BCELoss stops at 100, and its gradient is exactly 0."""
    assert gradient(SAYS[kind](LOGITS), wrong) == pytest.approx(pull)
    assert gradient(SAYS[kind](PROBABILITIES), wrong) == 0
    on_the_other_image = math.log(2)
    assert SAYS[kind](PROBABILITIES)(torch.tensor([wrong])).item() == pytest.approx(100 + on_the_other_image)


@pytest.mark.parametrize("kind", SAYS)
@pytest.mark.parametrize("logit", [-10.0, -5.0, 0.0, 5.0, 10.0])
def test_both_arithmetics_agree_where_d_is_not_quite_sure(kind, logit):
    expected = gradient(SAYS[kind](LOGITS), logit)
    assert gradient(SAYS[kind](PROBABILITIES), logit) == pytest.approx(expected, abs=0.01)


def test_a_generator_that_is_rejected_for_sure_loses_its_gradient_on_probabilities():
    """BCELoss divides by no less than 1e-12: of -1, what is left at a logit of -30 is e^-30 / 1e-12."""
    assert gradient(LOGITS.generator["non_saturating"], -30) == pytest.approx(-1)
    left = gradient(PROBABILITIES.generator["non_saturating"], -30)
    assert left == pytest.approx(-math.exp(-30) / 1e-12, rel=1e-3)


def test_the_wrong_sign_stops_at_what_the_notebook_adds_in_the_logarithm():
    assert PROBABILITIES.generator["minimax_wrong_sign"](torch.tensor([40.0])).item() == pytest.approx(-math.log(1e-8))
