"""The numbers of one trained VAE (section 5 of the report).

Posteriors are diagonal Gaussians, given by mean and logvar, float arrays (n, dimensions), a row per image.
"""

import numpy as np
import pandas as pd
from scipy.special import logsumexp
from sklearn.decomposition import PCA

from archdyn.measures.generative import class_histogram, feature_spread, frechet_distance
from archdyn.measures.tidy import at_epochs

USED = 0.1  # nats: a latent dimension of a greater KL is used
PROJECTED = 2000  # images in the projection
PRINTED = ("train_loss", "test_loss", "train_reconstruction", "train_kl")  # by epoch, in Table 9 and Figure 11


def posterior_metrics(mean: np.ndarray, logvar: np.ndarray, floor: float, rng: np.random.Generator) -> dict[str, float]:
    """Dimensions in use, information in nats, the share of KLs of at most `floor` nats, and the KL of each dimension.

    used_dimensions: those whose KL, the mean over the images, is above 0.1 nats.
    """
    kl = kl_per_dimension(mean, logvar).astype(np.float64)
    return {
        "used_dimensions": (kl.mean(0) > USED).sum(),
        "mutual_information": mutual_information(mean, logvar, rng),
        "floor_share": (kl <= floor).mean(),
        **{f"kl_dimension_{number}": value for number, value in enumerate(kl.mean(0))},
    }


def decoder_metrics(errors: np.ndarray, images: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """What the decoder loses without the posterior, and what its reconstructions explain.

    errors: (n, 2), squared and summed over pixels in 0..1, with z from the posterior and from the prior. images: those
    n, uint8, with labels int (n,). explained_variance: 1 less the error over that of the mean image; 0 if a decoder
    draws just that, 1 without an error. beyond_class: by how much that is above what each class's mean image explains.
    """
    posterior, prior = errors.mean(0)
    pixels = (images / 255).reshape(len(images), -1)
    variance = pixels.var(0).sum()
    within = sum(pixels[labels == label].var(0).sum() * np.mean(labels == label) for label in np.unique(labels))
    explained = 1 - posterior / variance
    shares = {
        "prior_ratio": prior / posterior,
        "explained_variance": explained,
        "beyond_class": explained - (1 - within / variance),
    }
    return {"posterior_error": posterior, "prior_error": prior, **shares}


def sample_metrics(
    prefix: str, features: np.ndarray, logits: np.ndarray, train_features: np.ndarray, train_labels: np.ndarray
) -> dict[str, float]:
    """Fréchet distance, spread and classes of samples against all training images, with `prefix` before each name.

    rarest_class_share: of the samples, the share of the class that they show least; 1 / classes where all are even.
    """
    classes = int(train_labels.max()) + 1
    histogram = class_histogram(logits.argmax(1), classes)
    return {
        f"{prefix}_frechet_distance": frechet_distance(train_features, features),
        f"{prefix}_feature_spread": feature_spread(train_features, features),
        f"{prefix}_rarest_class_share": histogram.min(),
        **{f"{prefix}_class_share_{number}": share for number, share in enumerate(histogram)},
    }


def training_metrics(epochs: pd.DataFrame) -> dict[str, float]:
    """Reconstruction, KL and ELBO per image after the last epoch, and what the report prints by epoch.

    reconstruction_share: of the training loss, its weighted KL included, in 0..1. printed_reconstruction and
    printed_kl: the loss's parts, divided by the number of batches once more, as in Table 9. An ending _epoch2 means of
    that epoch, _final of the last.
    """
    last = epochs.iloc[-1]
    parts = ("reconstruction", "kl", "elbo")
    printed = {f"printed_{part}": epochs[f"train_loss_{part}"] / epochs["batches"] for part in ("reconstruction", "kl")}
    return {
        **{f"{split}_{part}": last[f"{split}_{part}"] for split in ("train", "test") for part in parts},
        "reconstruction_share": last["train_loss_reconstruction"] / last["train_loss"],
        **at_epochs(epochs.assign(**printed), (*PRINTED, *printed)),
    }


def kl_per_dimension(mean: np.ndarray, logvar: np.ndarray) -> np.ndarray:
    """KL(N(mean, exp(logvar)) || N(0, 1)) in nats, elementwise."""
    return 0.5 * (mean**2 + np.exp(logvar) - 1 - logvar)


def strongest_dimensions(mean: np.ndarray, logvar: np.ndarray, n: int) -> np.ndarray:
    """The `n` dimensions of the greatest mean KL, int (n,), the greatest first."""
    return np.argsort(-kl_per_dimension(mean, logvar).astype(np.float64).mean(0))[:n]


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
