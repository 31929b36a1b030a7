"""Images rotated onto texts (section 6 of the report), and whether both have the same geometry.

Images (n, dimensions) with labels int (n,), texts (classes, dimensions); an image's pair is the text of its class.
"""

from collections.abc import Callable

import numpy as np
from scipy.linalg import orthogonal_procrustes, svd

from archdyn.experiments.clip.metrics import unit
from archdyn.measures.mantel import mantel

Pairs = tuple[np.ndarray, np.ndarray]  # images, and for each the number of its text
Scores = dict[str, np.ndarray]  # by name, a value per pair
Fit = Callable[[np.ndarray, np.ndarray], np.ndarray]  # from images and their texts to a rotation
RANK = 1e-9  # of the greatest singular value, below which a direction counts as one that no pair reaches


def fit_rotation(images: np.ndarray, texts: np.ndarray) -> np.ndarray:
    """Orthogonal (dimensions, dimensions) R that brings the rows of images @ R nearest to those of texts.

    Directions that no pair reaches are turned arbitrarily: with 10 texts R is determined on 10 dimensions.
    """
    return orthogonal_procrustes(images, texts)[0]


def fit_least_rotation(images: np.ndarray, texts: np.ndarray) -> np.ndarray:
    """Of all orthogonal R that `fit_rotation` could give, the one nearest to the identity.

    The pairs determine R on the directions that they span; on the rest it turns as little as it can, so that a class
    that no pair shows is not turned at random.
    """
    left, singular, right = svd(images.T @ texts)
    rank = int((singular > RANK * singular[0]).sum())
    free_left, free_right = left[:, rank:], right[rank:].T
    turn, _, back = svd(free_left.T @ free_right)
    return left[:, :rank] @ right[:rank] + free_left @ turn @ back @ free_right.T


def rotate_centroid(images: np.ndarray, texts: np.ndarray) -> np.ndarray:
    """The least rotation R that brings the images' centroid into the direction of the texts'; no pairing enters."""
    start, end = unit(images.mean(0)), unit(texts.mean(0))
    turn = np.outer(start, end) - np.outer(end, start)
    return np.eye(len(start)) + turn + turn @ turn / (1 + start @ end)


def alignment_scores(train: Pairs, test: Pairs, texts: np.ndarray) -> dict[str, Scores]:
    """The images rotated onto the texts by protocols that use all pairs; of each, `score` of the test pairs.

    corrected: fitted on the training pairs; the test pairs' images are new, but their texts are not. unseen_classes:
    the pairs of each class are scored by a fit without that class, by `fit_rotation`; unseen_classes_least, by
    `fit_least_rotation`; unseen_classes_centroids, by turning the one centroid onto the other. centroids: the same of
    all training pairs, so fitted to no pairs.
    """
    train, test, texts = _unit_pairs(train), _unit_pairs(test), unit(texts)
    return {
        "corrected": align(train, test, texts),
        "unseen_classes": _align_unseen_classes(train, test, texts, fit_rotation),
        "unseen_classes_least": _align_unseen_classes(train, test, texts, fit_least_rotation),
        "unseen_classes_centroids": _align_unseen_classes(train, test, texts, rotate_centroid),
        "centroids": align(train, test, texts, rotate_centroid),
    }


def drawn_alignment_metrics(
    train: Pairs, test: Pairs, texts: np.ndarray, drawn: int, draws: int, rng: np.random.Generator
) -> dict[str, dict[str, float]]:
    """The images rotated onto the texts by protocols that draw; of each, `score`'s numbers.

    published: fitted and scored on `drawn` random test pairs. published_held_out: scored on the other test pairs.
    shuffled, swapped: nulls, fitted and scored on the same wrong pairs, as `published` is on right ones; means over
    `draws` draws. Shuffled gives each drawn image the text of another, and so tears the classes apart; swapped gives
    each class the text of another class. shuffled_held_out, swapped_held_out: as `corrected`, after a fit on wrong
    training pairs; scored on right test pairs, or on test pairs that are wrong in the same way.
    """
    train, test, texts = _unit_pairs(train), _unit_pairs(test), unit(texts)
    is_drawn = draw(len(test[1]), drawn, rng)
    few, others = ((test[0][rows], test[1][rows]) for rows in (is_drawn, ~is_drawn))
    return {
        "published": mean(align(few, few, texts)),
        "published_held_out": mean(align(few, others, texts)),
        **_mean_of([_align_wrong_pairs(few, train, test, texts, rng) for _ in range(draws)]),
    }


def draw(n: int, drawn: int, rng: np.random.Generator) -> np.ndarray:
    """bool (n,) with `drawn` rows, chosen at random, true."""
    return np.isin(np.arange(n), rng.choice(n, drawn, replace=False))


def align(fitted_on: Pairs, scored_on: Pairs, texts: np.ndarray, fit: Fit = fit_rotation) -> Scores:
    """`score` under the rotation fitted on other pairs, or on the same."""
    images, labels = fitted_on
    return score(scored_on, texts, fit(images, texts[labels]))


def score(pairs: Pairs, texts: np.ndarray, rotation: np.ndarray) -> Scores:
    """Of each of the n pairs its cosine, and whether its text is the nearest, before and after the images rotate; (n,).

    Their means are the mean cosine and the accuracy.
    """
    images, labels = pairs
    values = {}
    for when, cosines in (("before", images @ texts.T), ("after", images @ rotation @ texts.T)):
        values[f"cosine_{when}"] = cosines[np.arange(len(labels)), labels]
        values[f"accuracy_{when}"] = cosines.argmax(1) == labels
    return values


def mean(scores: Scores) -> dict[str, float]:
    """The mean of each score over the pairs."""
    return {name: values.mean() for name, values in scores.items()}


def class_geometry(
    images: np.ndarray, labels: np.ndarray, texts: np.ndarray, rng: np.random.Generator
) -> dict[str, float]:
    """Whether classes that lie near each other among the images do so among the texts.

    geometry_correlation: Pearson's r, over all pairs of classes, of the cosine of their mean images with that of their
    texts, where a class has images. geometry_p: how often chance gives as much (`mantel`).
    """
    shown = np.unique(labels)
    means = unit(np.stack([unit(images)[labels == number].mean(0) for number in shown]))
    found, p = mantel(means @ means.T, unit(texts[shown]) @ unit(texts[shown]).T, rng)
    return {"geometry_correlation": found, "geometry_p": p}


def _unit_pairs(pairs: Pairs) -> Pairs:
    return unit(pairs[0]), pairs[1]


def _align_unseen_classes(train: Pairs, test: Pairs, texts: np.ndarray, fit: Fit) -> Scores:
    images, labels = test
    found: Scores = {}
    for number in np.unique(labels):
        known, unseen = train[1] != number, labels == number
        of_class = align((train[0][known], train[1][known]), (images[unseen], labels[unseen]), texts, fit)
        for name, values in of_class.items():
            found.setdefault(name, np.empty(len(labels), values.dtype))[unseen] = values
    return found


def _align_wrong_pairs(
    few: Pairs, train: Pairs, test: Pairs, texts: np.ndarray, rng: np.random.Generator
) -> dict[str, dict[str, float]]:
    wrong_few, wrong_train = ((images, rng.permutation(labels)) for images, labels in (few, train))
    order = rng.permutation(len(texts))
    other = np.roll(order, 1)[order.argsort()]  # no class keeps its own text
    swapped_few, swapped_train, swapped_test = ((images, other[labels]) for images, labels in (few, train, test))
    return {
        "shuffled": mean(align(wrong_few, wrong_few, texts)),
        "shuffled_held_out": mean(align(wrong_train, test, texts)),
        "swapped": mean(align(swapped_few, swapped_few, texts)),
        "swapped_held_out": mean(align(swapped_train, swapped_test, texts)),
    }


def _mean_of(draws: list[dict[str, dict[str, float]]]) -> dict[str, dict[str, float]]:
    return {
        protocol: {name: np.mean([draw[protocol][name] for draw in draws]) for name in values}
        for protocol, values in draws[0].items()
    }
