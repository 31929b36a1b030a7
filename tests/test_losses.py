"""The signs and sizes of the GAN losses, against their definitions in D(x) = sigmoid(logit)."""

import math

import pytest
import torch

from archdyn.experiments.gan.losses import LOSSES

LOGITS, PROBABILITIES = LOSSES["logits"], LOSSES["probabilities"]
ARITHMETIC = {"logits": LOGITS, "probabilities": PROBABILITIES}


def gradient(loss, logit: float) -> float:
    value = torch.tensor([float(logit)], requires_grad=True)
    loss(value).backward()
    return value.grad.item()


DEFINITIONS = {  # of D(G(z)) = sigmoid(logit): the loss, and its slope by the logit
    "non_saturating": (lambda d: -math.log(d), lambda d: d - 1),
    "minimax": (lambda d: math.log(1 - d), lambda d: -d),
    "minimax_wrong_sign": (lambda d: -math.log(1 - d), lambda d: d),
}
BOTH = pytest.mark.parametrize("losses", ARITHMETIC.values(), ids=ARITHMETIC)


@BOTH
@pytest.mark.parametrize("name", DEFINITIONS)
@pytest.mark.parametrize("logit", [-10.0, -6.0, -1.0, 0.0, 2.0])
def test_generator_losses_and_their_gradients_are_their_definitions(losses, name, logit):
    """At -10, where D rejects, only the non-saturating loss has a gradient."""
    loss, slope = DEFINITIONS[name]
    d = 1 / (1 + math.exp(-logit))
    assert losses.generator[name](torch.tensor([logit])).item() == pytest.approx(loss(d), rel=1e-4, abs=1e-6)
    assert gradient(losses.generator[name], logit) == pytest.approx(slope(d), rel=1e-3)


@BOTH
def test_a_generator_loss_is_the_mean_over_the_batch(losses):
    loss = losses.generator["non_saturating"]
    assert loss(torch.tensor([0.0, 2.0])) == (loss(torch.tensor([0.0])) + loss(torch.tensor([2.0]))) / 2


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
