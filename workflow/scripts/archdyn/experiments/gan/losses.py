"""Both players' losses, on logits or in the arithmetic of the report's notebook. D(x) is the sigmoid of a logit.

On logits a loss is exact at every size. The notebook ends D with a sigmoid in float32 and takes logarithms of what it
gives. Beyond a logit of 16.6 that is exactly 1, below one of -27.6 BCELoss divides by no less than 1e-12, and its
logarithms stop at -100: gradients that are 1 on logits are exactly 0 there, or fade.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy, binary_cross_entropy_with_logits, softplus

IN_THE_LOGARITHM = 1e-8  # what the notebook adds to 1 - D(G(z)) under the minimax loss

GeneratorLoss = Callable[[Tensor], Tensor]  # of the logits of fakes, (n, 1), to their mean loss in nats


@dataclass(frozen=True)
class Losses:
    """Losses in nats: the discriminator's of its logits on real and on fake images, the generator's by `g_loss`."""

    discriminator: Callable[[Tensor, Tensor, float], Tensor]
    generator: dict[str, GeneratorLoss]


def discriminator_loss(real_logits: Tensor, fake_logits: Tensor, real_label: float) -> Tensor:
    """BCE of real against `real_label` plus BCE of fake against 0; 2 ln 2 for a discriminator that guesses."""
    real = binary_cross_entropy_with_logits(real_logits, real_logits.new_full((), real_label).expand_as(real_logits))
    return real + softplus(fake_logits).mean()


def non_saturating(fake_logits: Tensor) -> Tensor:
    """-log D(G(z)) (Goodfellow et al. 2014): its gradient is large where D rejects the fakes."""
    return softplus(-fake_logits).mean()


def minimax(fake_logits: Tensor) -> Tensor:
    """log(1 - D(G(z))): descends towards being accepted, with a gradient that vanishes where D rejects."""
    return -softplus(fake_logits).mean()


def minimax_wrong_sign(fake_logits: Tensor) -> Tensor:
    """-log(1 - D(G(z))), as the report's code has it: descends towards being *rejected*."""
    return softplus(fake_logits).mean()


def probabilities(logits: Tensor) -> Tensor:
    """D(x) in float32. BCELoss would end a diverged training by an assertion, on a GPU for good: NaN is 0.5 to it, and
    stays NaN in the trace."""
    return logits.sigmoid().nan_to_num(0.5)


def discriminator_loss_on_probabilities(real_logits: Tensor, fake_logits: Tensor, real_label: float) -> Tensor:
    """`discriminator_loss` by sigmoid and BCELoss."""
    real, fake = probabilities(real_logits), probabilities(fake_logits)
    return binary_cross_entropy(real, torch.full_like(real, real_label)) + binary_cross_entropy(
        fake, torch.zeros_like(fake)
    )


def non_saturating_on_probabilities(fake_logits: Tensor) -> Tensor:
    """`non_saturating` by sigmoid and BCELoss."""
    fake = probabilities(fake_logits)
    return binary_cross_entropy(fake, torch.ones_like(fake))


def minimax_on_probabilities(fake_logits: Tensor) -> Tensor:
    """`minimax` by sigmoid and logarithm."""
    return torch.log(1 - probabilities(fake_logits) + IN_THE_LOGARITHM).mean()


def minimax_wrong_sign_on_probabilities(fake_logits: Tensor) -> Tensor:
    """`minimax_wrong_sign` by sigmoid and logarithm, as the report's code has it."""
    return -minimax_on_probabilities(fake_logits)


LOSSES = {
    "logits": Losses(
        discriminator_loss,
        {"non_saturating": non_saturating, "minimax": minimax, "minimax_wrong_sign": minimax_wrong_sign},
    ),
    "probabilities": Losses(
        discriminator_loss_on_probabilities,
        {
            "non_saturating": non_saturating_on_probabilities,
            "minimax": minimax_on_probabilities,
            "minimax_wrong_sign": minimax_wrong_sign_on_probabilities,
        },
    ),
}
