"""GAN losses on logits l, where D(x) = sigmoid(l); each is a mean over the batch (nats)."""

from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, softplus


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


GENERATOR_LOSSES = {
    "non_saturating": non_saturating,
    "minimax": minimax,
    "minimax_wrong_sign": minimax_wrong_sign,
}
