"""Metrics of generated images against values known in closed form."""

import numpy as np
import pandas as pd
import pytest

from archdyn.experiments.gan.metrics import training_metrics
from archdyn.measures.generative import (
    ImageSet,
    class_histogram,
    drawn_classes,
    feature_spread,
    frechet_distance,
    gaussian_frechet,
    largest_image_share,
    modes_covered,
    nearest_distance,
    on_manifold,
    precision_recall,
)
from archdyn.measures.tidy import at_epochs, summarise, tidy

RANDOM = np.random.default_rng(0)


def test_frechet_of_known_gaussians_of_equal_sets_and_of_a_shift():
    # |m|^2 + sum (s_a - s_b)^2 for diagonal covariances
    a, b = np.diag([1.0, 4.0, 9.0]), np.diag([4.0, 4.0, 1.0])
    assert gaussian_frechet(np.zeros(3), a, np.array([3.0, 0, 4.0]), b) == pytest.approx(25 + 1 + 0 + 4)
    features = RANDOM.normal(size=(500, 6))
    assert frechet_distance(features, features) == pytest.approx(0, abs=1e-8)
    assert frechet_distance(features, features + 2) == pytest.approx(6 * 4)


def test_frechet_stands_a_collapsed_set():
    features = RANDOM.normal(size=(500, 6))
    collapsed = np.zeros((100, 6))
    expected = (features.mean(0) ** 2).sum() + np.trace(np.cov(features, rowvar=False))
    assert frechet_distance(features, collapsed) == pytest.approx(expected)


def test_precision_recall_of_equal_distributions_are_high():
    real, fake = RANDOM.normal(size=(2, 1500, 4))
    values = precision_recall(real, fake, k=5)
    assert values["precision"] > 0.9
    assert values["recall"] > 0.9
    assert values["density"] == pytest.approx(1, abs=0.1)
    assert values["coverage"] == pytest.approx(1 - 0.5**5, abs=0.03)  # Naeem et al. 2020, lemma 2


def test_precision_without_variety_has_no_recall():
    real = RANDOM.normal(size=(1000, 4))
    dense_spot = np.zeros((1000, 4)) + 1e-3 * RANDOM.normal(size=(1000, 4))
    values = precision_recall(real, dense_spot, k=5)
    assert values["precision"] > 0.95
    assert values["recall"] < 0.02
    assert values["coverage"] < 0.1


def test_far_samples_have_no_precision():
    values = precision_recall(RANDOM.normal(size=(300, 4)), 50 + RANDOM.normal(size=(300, 4)), k=5)
    assert set(values.values()) == {0}


def test_class_histogram_and_its_modes():
    even = np.full(10, 0.1)
    one_digit = class_histogram(np.full(50, 8), 10)
    assert one_digit.tolist() == [0] * 8 + [1, 0]
    assert modes_covered(one_digit, even) == 1
    assert modes_covered(even, even) == 10
    lacks_one = np.array([0.5, 0.5, 0.0])  # a class that the data lacks is never covered
    assert modes_covered(np.array([0.4, 0.6, 0.0]), lacks_one) == 2
    assert modes_covered(np.array([0.0, 0.0, 1.0]), lacks_one) == 0


def blobs(n: int, seed: int) -> ImageSet:
    """Two classes of images, a bright square at the left or at the right with some noise, and their features."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, 2, n)
    images = random.integers(0, 60, (n, 12, 12)).astype(np.uint8)
    for image, label in zip(images, labels, strict=True):
        image[3:9, 1 + 5 * label : 6 + 5 * label] += 150
    return ImageSet(images, *classified(images))


def classified(images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Features of length 1 and logits of a classifier that knows two classes and is always sure."""
    halves = images.reshape(len(images), -1, 12).astype(np.float32).mean(1)
    left, right = halves[:, :6].mean(1), halves[:, 6:].mean(1)
    features = np.stack([left, right], 1)
    return features / np.linalg.norm(features, axis=1, keepdims=True), 100 * (features - features.mean(1)[:, None])


def test_held_out_images_lie_among_real_ones_and_cover_their_classes():
    real, held_out = blobs(800, 0), blobs(400, 1)
    genuine = on_manifold(held_out, real)
    assert genuine.mean() > 0.95  # 0.99 by features, 0.99 by components
    drawn = drawn_classes(held_out.labels, genuine, np.full(2, 0.5))
    assert drawn.sum() == pytest.approx(genuine.mean())
    assert modes_covered(drawn, np.full(2, 0.5)) == 2


def cut(images: np.ndarray) -> np.ndarray:
    """Each image without a random half of its pixels."""
    return np.where(RANDOM.random(images.shape) < 0.5, images, 0).astype(np.uint8)


NOISE = RANDOM.integers(0, 256, (300, 12, 12)).astype(np.uint8)


@pytest.mark.parametrize("images", [NOISE, cut(blobs(300, 2).images)], ids=["noise", "dots"])
def test_what_has_the_features_of_a_digit_and_looks_like_none_is_no_digit(images):
    """White noise and patterns of dots, of which the classifier is sure."""
    samples = ImageSet(images, *classified(blobs(300, 2).images))
    genuine = on_manifold(samples, blobs(800, 0))
    assert genuine.mean() == 0
    assert modes_covered(drawn_classes(samples.labels, genuine, np.full(2, 0.5)), np.full(2, 0.5)) == 0


def test_what_looks_like_a_digit_and_has_the_features_of_none_is_no_digit():
    samples = blobs(300, 2)
    samples.features = -samples.features
    assert not on_manifold(samples, blobs(800, 0)).any()


def test_one_digit_drawn_over_and_over_is_one_digit():
    real = blobs(800, 0)
    one = ImageSet(*(np.repeat(array[:1], 200, 0) for array in (real.images, real.features, real.logits)))
    genuine = on_manifold(one, real)
    drawn = drawn_classes(one.labels, genuine, np.full(2, 0.5))
    assert genuine.all() and drawn.max() == 1
    assert modes_covered(drawn, np.full(2, 0.5)) == 1
    assert largest_image_share(one.images) == 1


def test_the_largest_image_is_the_one_that_most_samples_nearly_are():
    """A quarter of the range lies between noise and noise, in root mean square; two hundredths are nearly nothing."""
    noise = RANDOM.integers(0, 250, (100, 12, 12)).astype(np.uint8)
    assert largest_image_share(noise) == 0.01
    noise[:40] = noise[0]
    noise[:40:2] += 5
    assert largest_image_share(noise) == 0.4


def test_feature_spread_is_that_of_the_scale_squared():
    features = RANDOM.normal(size=(2000, 6))
    assert feature_spread(features, 0.5 * features + 3) == pytest.approx(0.25)
    assert feature_spread(features, np.ones((50, 6))) == 0


def gan_epochs(train: np.ndarray, held_out: np.ndarray, fake: float) -> pd.DataFrame:
    columns = {f"{prefix}{name}": 0.5 for prefix in ("", "mean_") for name in ("loss_d", "loss_g", "d_real", "d_fake")}
    accuracy = {"d_accuracy_train": train, "d_accuracy_held_out": held_out, "d_accuracy_fake": fake}
    logits = {"lowest_logit_real": -1, "highest_logit_real": 5, "lowest_logit_fake": -4, "highest_logit_fake": 2}
    return pd.DataFrame(columns | accuracy | logits | {"g_saturated": 0.5})


def test_the_overfit_gap_is_that_of_the_last_ten_epochs():
    gap = 0.002 * np.arange(40)
    values = training_metrics(gan_epochs(np.full(40, 0.9), 0.9 - gap, 0.9), np.ones((80, 5)))
    assert values["d_overfit_gap"] == pytest.approx(0.069)


def test_the_largest_logit_is_that_of_any_epoch_and_either_sign():
    epochs = gan_epochs(np.ones(3), np.ones(3), 1.0)
    epochs["lowest_logit_fake"] = [-2.0, -30.0, -1.0]
    values = training_metrics(epochs, np.ones((6, 5)))
    assert (values["largest_logit_real"], values["largest_logit_fake"]) == (5, 30)
    assert values["g_saturated"] == 0.5


def test_a_discriminator_that_is_right_on_all_unseen_images_is_not_balanced():
    """D(real) of 0.9, all that a label of 0.9 asks for, says nothing of it."""
    wins = training_metrics(gan_epochs(np.ones(10), np.ones(10), 1.0), np.ones((20, 5)))
    assert wins["d_accuracy_unseen"] == 1
    guesses = training_metrics(gan_epochs(np.ones(10), np.full(10, 0.3), 0.7), np.ones((20, 5)))
    assert guesses["d_accuracy_unseen"] == pytest.approx(0.5)


def test_single_epochs_are_those_of_the_training():
    """As far as it went, and the last."""
    values = at_epochs(pd.DataFrame({"loss": np.arange(1.0, 6.0)}), ["loss"])
    assert values == {f"loss_epoch{n}": n for n in range(1, 6)} | {"loss_final": 5}
    longer = at_epochs(pd.DataFrame({"loss": np.arange(1.0, 13.0)}), ["loss"])
    assert longer["loss_epoch10"] == 10 and longer["loss_final"] == 12 and "loss_epoch20" not in longer


def test_the_nearest_image_may_be_far_or_the_same():
    black, white = np.zeros((2, 2, 2), np.uint8), np.full((2, 2, 2), 255, np.uint8)
    assert nearest_distance(white, black) == pytest.approx(2)
    assert nearest_distance(white, np.concatenate([black, white])) == 0


def test_summary_has_mean_sample_sd_and_n():
    rows = [tidy("gan", "baseline", seed, {"precision": value}) for seed, value in enumerate((0.2, 0.4, 0.6))]
    summary = summarise(pd.concat(rows)).iloc[0]
    assert summary["mean"] == pytest.approx(0.4)
    assert summary["sd"] == pytest.approx(0.2)
    assert summary["n"] == 3
