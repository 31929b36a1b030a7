"""The verdict on the posterior of a VAE."""

COLLAPSED_RATIO = 1.1
ACTIVE_RATIO = 2.0
ACTIVE_SHARE = 0.5


def verdict(active_share: float, prior_ratio: float) -> str:
    """Whether a posterior is "collapsed", "partly" collapsed or "active".

    active_share: active units over all units, 0..1. prior_ratio: reconstruction error with z from the prior over
    that with z from the posterior. Collapsed: no unit is active, or the decoder loses under 10% when it is given
    another z, so it hardly reads it. Active: at least half of the units are, and the error at least doubles.
    """
    if active_share == 0 or prior_ratio < COLLAPSED_RATIO:
        return "collapsed"
    if active_share >= ACTIVE_SHARE and prior_ratio >= ACTIVE_RATIO:
        return "active"
    return "partly"
