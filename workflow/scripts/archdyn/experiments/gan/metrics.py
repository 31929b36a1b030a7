"""The numbers of one trained GAN (section 4 of the report)."""

import numpy as np
import pandas as pd

from archdyn.measures.generative import (
    ImageSet,
    class_histogram,
    drawn_classes,
    frechet_distance,
    largest_image_share,
    modes_covered,
    nearest_distance,
    on_manifold,
    precision_recall,
)
from archdyn.measures.tidy import at_epochs

LAST_STEPS, LAST_EPOCHS = 100, 10  # a training's end: single values of a game swing too much
PRINTED = ("loss_d", "loss_g", "d_real", "d_fake")


def sample_metrics(samples: ImageSet, train: ImageSet, trained_on: int | None, k: int) -> dict[str, float]:
    """Judge `samples` against all training images; memorisation against the first `trained_on` of them.

    Precision, recall, density and coverage compare with as many training images as there are samples.

    digit_share: samples that lie among real images, whatever the classifier says of them. digits_covered: classes of
    the data that have a tenth of their share among these. digit_share_N: samples that are among these and of class N;
    largest_digit_share is the largest of them. largest_image_share: samples that are (nearly) one image. Shares are of
    all samples, in 0..1.
    """
    data = class_histogram(train.labels, classes=train.logits.shape[1])
    genuine = on_manifold(samples, train)
    drawn = drawn_classes(samples.labels, genuine, data)
    return {
        "frechet_distance": frechet_distance(train.features, samples.features),
        **precision_recall(train.features[: len(samples.features)], samples.features, k),
        "digit_share": genuine.mean(),
        "digits_covered": modes_covered(drawn, data),
        "largest_digit_share": drawn.max(),
        **{f"digit_share_{digit}": share for digit, share in enumerate(drawn)},
        "largest_image_share": largest_image_share(samples.images),
        "nearest_train_distance": nearest_distance(samples.images, train.images[:trained_on]),
    }


def training_metrics(epochs: pd.DataFrame, steps: np.ndarray) -> dict[str, float]:
    """The end of a training: losses, gradient norm and what the discriminator gets right, over the last epochs.

    `epochs` holds a row per epoch, `steps` the columns loss_d, loss_g, d_real, d_fake, grad_norm_g by step.
    d_accuracy_unseen: of D on held-out images and fakes, which it never learned from, in 0..1; 0.5 if it guesses.
    largest_logit_real, largest_logit_fake: the farthest from 0 that D ever went; beyond 16.6 its sigmoid is 1 in
    float32. g_saturated: share of G's pixels that are within 0.001 of -1 or 1 at the end.
    An ending _epoch2 means the last batch of that epoch, as the report prints it, and _final that of the last.
    """
    last = epochs.tail(LAST_EPOCHS).mean()
    *_, gradient_norms = steps.T
    gap = epochs["d_accuracy_train"] - epochs["d_accuracy_held_out"]
    return {
        "loss_d": last["mean_loss_d"],
        "loss_g": last["mean_loss_g"],
        "d_real": last["mean_d_real"],
        "d_fake": last["mean_d_fake"],
        "grad_norm_g_first": gradient_norms[0],
        "grad_norm_g_last": np.median(gradient_norms[-LAST_STEPS:]),
        "d_accuracy_train": last["d_accuracy_train"],
        "d_accuracy_held_out": last["d_accuracy_held_out"],
        "d_accuracy_fake": last["d_accuracy_fake"],
        "d_accuracy_unseen": (last["d_accuracy_held_out"] + last["d_accuracy_fake"]) / 2,
        **{f"largest_logit_{kind}": _largest_logit(epochs, kind) for kind in ("real", "fake")},
        "g_saturated": epochs["g_saturated"].iloc[-1],
        "d_overfit_gap": gap.tail(LAST_EPOCHS).mean(),
        **at_epochs(epochs, PRINTED),
    }


def _largest_logit(epochs: pd.DataFrame, kind: str) -> float:
    return epochs[[f"lowest_logit_{kind}", f"highest_logit_{kind}"]].abs().to_numpy().max()
