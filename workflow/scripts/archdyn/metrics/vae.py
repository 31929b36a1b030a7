"""The numbers of one trained VAE (section 5 of the report), and the verdict on its posterior.

Posteriors are diagonal Gaussians, given by mean and logvar, float arrays (n, dimensions), a row per image.
"""

import numpy as np
import pandas as pd
from scipy.special import logsumexp
from sklearn.decomposition import PCA

from archdyn.metrics.generative import class_histogram, frechet_distance, histogram_kl

ACTIVE_VARIANCE = 0.01  # of the posterior means, above which a unit is active (Burda et al. 2016)
PROJECTED = 2000  # images in the projection

# The verdict: see `verdict`.
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


def posterior_metrics(mean: np.ndarray, logvar: np.ndarray, floor: float, rng: np.random.Generator) -> dict[str, float]:
    """Active units, information in nats, the share of KLs of at most `floor` nats, and the KL of each dimension."""
    kl = kl_per_dimension(mean, logvar).astype(np.float64)
    information = mutual_information(mean, logvar, rng)
    active = active_units(mean)
    return {
        "active_units": active.sum(),
        "active_share": active.mean(),
        "mutual_information": information,
        "aggregate_kl": kl.sum(1).mean() - information,
        "floor_share": (kl <= floor).mean(),
        **{f"kl_dimension_{number}": value for number, value in enumerate(kl.mean(0))},
    }


def decoder_metrics(errors: np.ndarray) -> dict[str, float]:
    """What the decoder loses without the posterior; `errors` (n, 2) with z from the posterior, from the prior."""
    posterior, prior = errors.mean(0)
    return {"posterior_error": posterior, "prior_error": prior, "prior_ratio": prior / posterior}


def sample_metrics(
    prefix: str, features: np.ndarray, labels: np.ndarray, train_features: np.ndarray, train_labels: np.ndarray
) -> dict[str, float]:
    """Fréchet distance and classes of samples against all training images, under names that begin with `prefix`."""
    classes = int(train_labels.max()) + 1
    histogram, data = class_histogram(labels, classes), class_histogram(train_labels, classes)
    return {
        f"{prefix}_frechet_distance": frechet_distance(train_features, features),
        f"{prefix}_class_kl": histogram_kl(histogram, data),
        **{f"{prefix}_class_share_{number}": share for number, share in enumerate(histogram)},
    }


def training_metrics(epochs: pd.DataFrame) -> dict[str, float]:
    """Reconstruction, KL and ELBO per image after the last epoch."""
    last = epochs.iloc[-1]
    parts = ("reconstruction", "kl", "elbo")
    return {f"{split}_{part}": last[f"{split}_{part}"] for split in ("train", "test") for part in parts}


def kl_per_dimension(mean: np.ndarray, logvar: np.ndarray) -> np.ndarray:
    """KL(N(mean, exp(logvar)) || N(0, 1)) in nats, elementwise."""
    return 0.5 * (mean**2 + np.exp(logvar) - 1 - logvar)


def active_units(mean: np.ndarray) -> np.ndarray:
    """bool (dimensions,): whether the posterior mean varies with the image by more than ACTIVE_VARIANCE."""
    return mean.var(0) > ACTIVE_VARIANCE


def mutual_information(mean: np.ndarray, logvar: np.ndarray, rng: np.random.Generator) -> float:
    """Information of z about which of the n images it came from, in nats (Hoffman and Johnson 2016).

    The mean over one draw z per image of log q(z|x) - log q(z), with q(z) the mean of all n posteriors. It is
    E KL(q(z|x) || p) - KL(q(z) || p), 0 when all posteriors are equal, and at most ln n (9.2 for 10,000 images).
    """
    mean, logvar = mean.astype(np.float64), logvar.astype(np.float64)
    latents = mean + rng.standard_normal(mean.shape) * np.exp(logvar / 2)
    precision = np.exp(-logvar)
    offset = (mean**2 * precision + logvar).sum(1)
    gains = []
    for start in range(0, len(latents), 500):
        z = latents[start : start + 500]
        # -2 log q(z_i|x_j) but for a constant, as matrix products over the dimensions.
        scores = -0.5 * (z**2 @ precision.T - 2 * z @ (mean * precision).T + offset)
        own = scores[np.arange(len(z)), np.arange(start, start + len(z))]
        gains.append(own - logsumexp(scores, axis=1) + np.log(len(mean)))
    return float(np.concatenate(gains).mean())


def project(mean: np.ndarray) -> np.ndarray:
    """The first PROJECTED posterior means on their two principal axes, (n, 2), in the latents' own scale."""
    return PCA(2, svd_solver="full").fit_transform(mean[:PROJECTED])
