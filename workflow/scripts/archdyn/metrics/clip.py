"""Zero-shot accuracy, the modality gap and its alignment (section 6 of the report), from embeddings alone.

Images (n, dimensions) with labels int (n,), texts (classes, dimensions); an image's pair is the text of its class.
"""

import numpy as np
import pandas as pd
from scipy.linalg import orthogonal_procrustes
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from archdyn.metrics.intervals import wilson_interval

Pairs = tuple[np.ndarray, np.ndarray]  # images, and for each the number of its text
SHIFTS = np.linspace(-0.5, 1.5, 21)  # of the way from one centroid to the other


def unit(vectors: np.ndarray) -> np.ndarray:
    """The vectors, along the last axis, scaled to length 1, in float64."""
    vectors = vectors.astype(np.float64)
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def ensemble(texts: np.ndarray) -> np.ndarray:
    """The unit-length mean (classes, dimensions) of unit texts (templates, classes, dimensions), as in CLIP."""
    return unit(unit(texts).mean(0))


def classify(images: np.ndarray, texts: np.ndarray) -> np.ndarray:
    """int (n,): the class whose text has the greatest inner product with each image."""
    return (images @ texts.T).argmax(1)


def zero_shot_metrics(images: np.ndarray, labels: np.ndarray, texts: np.ndarray) -> dict[str, float]:
    """Accuracy with Wilson's 95% interval over the images, over all of them and by class; shares in 0..1."""
    right = classify(unit(images), unit(texts)) == labels
    values = _with_interval("accuracy", right)
    for number in np.unique(labels):
        values |= _with_interval(f"accuracy_class_{number}", right[labels == number])
    return values


def gap_metrics(images: np.ndarray, labels: np.ndarray, texts: np.ndarray) -> dict[str, float]:
    """The gap between unit vectors.

    centroid_distance: between the mean image and the mean of the images' texts (Liang et al. 2022), 0..2.
    pair_cosine, other_cosine: mean cosine of an image with its text, and with each text of another class.
    image_cosine, text_cosine: mean cosine of two images, and of two texts of different classes.
    relative_gap: dissimilarity (1 - cosine) / 2 of pairs, p, against that within a modality, w, the mean of both:
    p / (p + w) (Schrodi et al. 2025). 0: pairs coincide; 1/2: as far apart as two of a kind; 1: nothing else matters.
    """
    images, texts = unit(images), unit(texts)
    cosines = images @ texts.T
    pair_cosine = cosines[np.arange(len(labels)), labels].mean()
    image_cosine, text_cosine = mean_cosine(images), mean_cosine(texts)
    pair, within = 1 - pair_cosine, 1 - (image_cosine + text_cosine) / 2
    return {
        "pair_cosine": pair_cosine,
        "other_cosine": (cosines.sum() - len(labels) * pair_cosine) / (cosines.size - len(labels)),
        "image_cosine": image_cosine,
        "text_cosine": text_cosine,
        "relative_gap": pair / (pair + within),
        "centroid_distance": np.linalg.norm(gap_vector(images, texts[labels])),
    }


def reference_gap(images: np.ndarray, labels: np.ndarray, draws: int, rng: np.random.Generator) -> dict[str, float]:
    """`gap_metrics` where there is no gap: a random image of each class in place of its text, means over `draws`."""
    by_class = [np.flatnonzero(labels == number) for number in range(labels.max() + 1)]
    found = [gap_metrics(images, labels, images[[rng.choice(rows) for rows in by_class]]) for _ in range(draws)]
    return {name: np.mean([values[name] for values in found]) for name in found[0]}


def raw_gap_metrics(images: np.ndarray, labels: np.ndarray, texts: np.ndarray) -> dict[str, float]:
    """The gap between the vectors as they are: centroid_distance, and the mean length of either modality's."""
    return {
        "centroid_distance": np.linalg.norm(gap_vector(images, texts[labels])),
        "image_norm": np.linalg.norm(images, axis=1).mean(),
        "text_norm": np.linalg.norm(texts, axis=1).mean(),
    }


def mean_cosine(vectors: np.ndarray) -> float:
    """Over all pairs of two different of the n unit vectors."""
    n = len(vectors)
    return (np.square(vectors.sum(0)).sum() - n) / (n * (n - 1))


def gap_vector(images: np.ndarray, texts: np.ndarray) -> np.ndarray:
    """From the texts' centroid to the images' (Liang et al. 2022), (dimensions,)."""
    return images.mean(0) - texts.mean(0)


def separability(images: np.ndarray, labels: np.ndarray, texts: np.ndarray, folds: int = 5) -> float:
    """Accuracy of a linear classifier that tells images from texts, cross-validated; by chance 0.5.

    texts (templates, classes, dimensions); of each class as many images are taken as there are templates, the first
    ones. Folds hold whole classes, so that it is always asked of classes that it has never seen in either modality.
    """
    templates, classes, dimensions = texts.shape
    chosen = np.concatenate([np.flatnonzero(labels == number)[:templates] for number in range(classes)])
    vectors = np.concatenate([images[chosen], texts.reshape(-1, dimensions)])
    groups = np.concatenate([labels[chosen], np.tile(np.arange(classes), templates)])
    modality = np.arange(len(vectors)) < len(chosen)
    classifier = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    splits = GroupKFold(min(folds, classes))
    return cross_val_score(classifier, vectors, modality, groups=groups, cv=splits, scoring="balanced_accuracy").mean()


def shift_curve(images: np.ndarray, labels: np.ndarray, texts: np.ndarray, gap: np.ndarray) -> pd.DataFrame:
    """What happens as one set moves along the gap vector: a row per `moved` (images, texts) and `shift`.

    At shift 1 the moved centroid lies on the other one; vectors are then scaled to length 1 again, as in Liang et al.
    (2022), for accuracy and centroid_distance. Without that, moving the texts would change no answer, since it adds
    the same to an image's score for every class.
    """
    images, texts = unit(images), unit(texts)
    rows = []
    for shift in SHIFTS:
        moves = {"images": (unit(images - shift * gap), texts), "texts": (images, unit(texts + shift * gap))}
        for moved, (shifted_images, shifted_texts) in moves.items():
            accuracy = (classify(shifted_images, shifted_texts) == labels).mean()
            distance = np.linalg.norm(gap_vector(shifted_images, shifted_texts[labels]))
            rows.append((moved, shift, accuracy, distance))
    return pd.DataFrame(rows, columns=["moved", "shift", "accuracy", "centroid_distance"])


def accuracy_once_closed(curve: pd.DataFrame) -> dict[str, float]:
    """Accuracy with the centroids together, from `shift_curve`, by which set moved."""
    closed = curve[np.isclose(curve["shift"], 1)].set_index("moved")["accuracy"]
    return {f"accuracy_{moved}_moved": closed[moved] for moved in ("images", "texts")}


def fit_rotation(images: np.ndarray, texts: np.ndarray) -> np.ndarray:
    """Orthogonal (dimensions, dimensions) R that brings the rows of texts @ R nearest to those of images.

    Directions that no pair reaches are turned arbitrarily: with 10 texts R is determined on 10 dimensions.
    """
    return orthogonal_procrustes(texts, images)[0]


def rotate_centroid(images: np.ndarray, texts: np.ndarray) -> np.ndarray:
    """The least rotation R that brings the texts' centroid into the direction of the images'; no pairing enters."""
    start, end = unit(texts.mean(0)), unit(images.mean(0))
    turn = np.outer(start, end) - np.outer(end, start)
    return np.eye(len(start)) + turn + turn @ turn / (1 + start @ end)


def alignment_metrics(train: Pairs, test: Pairs, texts: np.ndarray) -> dict[str, dict[str, float]]:
    """The texts rotated onto the images by protocols that use all pairs; of each, `score`'s numbers on the test pairs.

    corrected: fitted on the training pairs; the test pairs' images are new, but their texts are not. unseen_classes:
    the pairs of each class are scored by a fit without that class. centroids: fitted to no pairs; only the one
    training centroid is turned onto the other.
    """
    train, test, texts = _unit_pairs(train), _unit_pairs(test), unit(texts)
    return {
        "corrected": align(train, test, texts),
        "unseen_classes": _align_unseen_classes(train, test, texts),
        "centroids": score(test, texts, rotate_centroid(train[0], texts[train[1]])),
    }


def drawn_alignment_metrics(
    train: Pairs, test: Pairs, texts: np.ndarray, drawn: int, draws: int, rng: np.random.Generator
) -> dict[str, dict[str, float]]:
    """The texts rotated onto the images by protocols that draw; of each, `score`'s numbers.

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
        "published": align(few, few, texts),
        "published_held_out": align(few, others, texts),
        **_mean_of([_align_wrong_pairs(few, train, test, texts, rng) for _ in range(draws)]),
    }


def draw(n: int, drawn: int, rng: np.random.Generator) -> np.ndarray:
    """bool (n,) with `drawn` rows, chosen at random, true."""
    return np.isin(np.arange(n), rng.choice(n, drawn, replace=False))


def align(fitted_on: Pairs, scored_on: Pairs, texts: np.ndarray) -> dict[str, float]:
    """`score` under the rotation fitted on other pairs, or on the same."""
    images, labels = fitted_on
    return score(scored_on, texts, fit_rotation(images, texts[labels]))


def score(pairs: Pairs, texts: np.ndarray, rotation: np.ndarray) -> dict[str, float]:
    """Mean cosine of the pairs, and share of images nearest to their own text, before and after the texts rotate."""
    images, labels = pairs
    values = {}
    for when, cosines in (("before", images @ texts.T), ("after", images @ (texts @ rotation).T)):
        values[f"cosine_{when}"] = cosines[np.arange(len(labels)), labels].mean()
        values[f"accuracy_{when}"] = (cosines.argmax(1) == labels).mean()
    return values


def _unit_pairs(pairs: Pairs) -> Pairs:
    return unit(pairs[0]), pairs[1]


def _align_unseen_classes(train: Pairs, test: Pairs, texts: np.ndarray) -> dict[str, float]:
    by_class, sizes = [], []
    for number in np.unique(test[1]):
        known, unseen = train[1] != number, test[1] == number
        by_class.append(align((train[0][known], train[1][known]), (test[0][unseen], test[1][unseen]), texts))
        sizes.append(unseen.sum())
    return {name: np.average([values[name] for values in by_class], weights=sizes) for name in by_class[0]}


def _align_wrong_pairs(
    few: Pairs, train: Pairs, test: Pairs, texts: np.ndarray, rng: np.random.Generator
) -> dict[str, dict[str, float]]:
    wrong_few, wrong_train = ((images, rng.permutation(labels)) for images, labels in (few, train))
    order = rng.permutation(len(texts))
    other = np.roll(order, 1)[order.argsort()]  # no class keeps its own text
    swapped_few, swapped_train, swapped_test = ((images, other[labels]) for images, labels in (few, train, test))
    return {
        "shuffled": align(wrong_few, wrong_few, texts),
        "shuffled_held_out": align(wrong_train, test, texts),
        "swapped": align(swapped_few, swapped_few, texts),
        "swapped_held_out": align(swapped_train, swapped_test, texts),
    }


def _mean_of(draws: list[dict[str, dict[str, float]]]) -> dict[str, dict[str, float]]:
    return {
        protocol: {name: np.mean([draw[protocol][name] for draw in draws]) for name in values}
        for protocol, values in draws[0].items()
    }


def _with_interval(name: str, right: np.ndarray) -> dict[str, float]:
    low, high = wilson_interval(right)
    return {name: right.mean(), f"{name}_low": low, f"{name}_high": high}
