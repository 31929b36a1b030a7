"""Zero-shot accuracy and the modality gap (section 6 of the report), from embeddings alone.

Images (n, dimensions) with labels int (n,), texts (classes, dimensions); an image's pair is the text of its class.
"""

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from archdyn.measures.intervals import wilson_interval

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


def zero_shot(images: np.ndarray, labels: np.ndarray, texts: np.ndarray) -> np.ndarray:
    """bool (n,): whether the text of each image's class is the nearest."""
    return classify(unit(images), unit(texts)) == labels


def zero_shot_metrics(right: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """Accuracy with Wilson's 95% interval over the images, over all of them and by class; shares in 0..1.

    right: bool (n,), see `zero_shot`.
    """
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


def gap_of_images(images: np.ndarray, labels: np.ndarray, texts: np.ndarray) -> dict[str, np.ndarray]:
    """Of each of the n images, (n,): its cosine with its text (pair_cosine), and its part in the mean cosine of two
    images (image_cosine, see `cosine_parts`)."""
    images, texts = unit(images), unit(texts)
    return {"pair_cosine": (images * texts[labels]).sum(1), "image_cosine": cosine_parts(images)}


def cosine_parts(vectors: np.ndarray) -> np.ndarray:
    """The part of each of n unit vectors in `mean_cosine`, (n,): the jackknife's pseudo-values.

    Their mean is that cosine, and their spread over the root of n its standard error. A vector's own mean cosine with
    the others would spread half as much, since it shares each pair with another vector.
    """
    n, whole = len(vectors), mean_cosine(vectors)
    with_others = (vectors @ vectors.sum(0) - 1) / (n - 1)
    return whole + 2 * (n - 1) / max(n - 2, 1) * (with_others - whole)


def reference_gap(images: np.ndarray, labels: np.ndarray, draws: int, rng: np.random.Generator) -> dict[str, float]:
    """`gap_metrics` where there is no gap: a random image of each class in place of its text, means over `draws`."""
    _, labels = np.unique(labels, return_inverse=True)  # a class may have no image here
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


def told_apart(images: np.ndarray, labels: np.ndarray, texts: np.ndarray, folds: int = 5) -> np.ndarray:
    """bool (vectors,): whether a linear classifier tells each vector's modality, cross-validated; by chance half.

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
    return cross_val_predict(classifier, vectors, modality, groups=groups, cv=splits) == modality


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


def _with_interval(name: str, right: np.ndarray) -> dict[str, float]:
    low, high = wilson_interval(right)
    return {name: right.mean(), f"{name}_low": low, f"{name}_high": high}
