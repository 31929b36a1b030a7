"""The numbers of section 2: accuracy and its cost, and what the layers and their projections say of the classes."""

import numpy as np
import pandas as pd
from sklearn.manifold import trustworthiness
from sklearn.metrics import silhouette_samples
from sklearn.model_selection import KFold, cross_val_predict
from sklearn.neighbors import KNeighborsClassifier

from archdyn.measures import two_dimensions
from archdyn.measures.intervals import wilson_interval
from archdyn.measures.mantel import mantel
from archdyn.measures.probes import corrected_probe
from archdyn.measures.tidy import at_epochs, tidy

FOLDS = KFold(5, shuffle=True, random_state=0)  # whatever the classes, of which some may have few images


def run_rows(epochs: pd.DataFrame, logits: np.ndarray, labels: np.ndarray) -> pd.DataFrame:
    """`transfer_metrics` as tidy rows of the run that `epochs` names; `labels` may be of more images."""
    values = transfer_metrics(epochs, logits, labels[: len(logits)])
    return tidy("resnet", epochs["condition"].iloc[0], epochs["seed"].iloc[0], values)


def transfer_metrics(epochs: pd.DataFrame, logits: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """Accuracies (0..1) of the last epoch and on the test images, with a 95% Wilson interval, and the cost.

    gflops is 10^9 floating-point operations of the whole training, seconds what it took, the extraction of constant
    features in both. An ending _epoch2 means of that epoch, _final of the last.
    """
    last = epochs.iloc[-1]
    correct = logits.argmax(1) == labels
    low, high = wilson_interval(correct)
    return {
        "train_accuracy": last["train_accuracy"],
        "val_accuracy": last["val_accuracy"],
        "test_accuracy": correct.mean(),
        "test_accuracy_low": low,
        "test_accuracy_high": high,
        "test_images": len(labels),
        "trainable_parameters": last["trainable_parameters"],
        "gflops": epochs["gflops"].sum(),
        "seconds": epochs["seconds"].sum(),
        **at_epochs(epochs, ["val_accuracy"]),
    }


def layer_metrics(
    train: np.ndarray,
    train_labels: np.ndarray,
    test: np.ndarray,
    test_labels: np.ndarray,
    neighbours: int,
    validation_share: float,
) -> tuple[dict[str, float], dict[str, np.ndarray]]:
    """How well one layer's embeddings, float (n, d), tell the classes apart; and the same of each test image, (n,).

    knn_accuracy (cosine) and probe_accuracy: shares in 0..1, fitted on the training images and scored on the test
    images. The probe's C is chosen on the held-out `validation_share` of the training images, since layers are not
    equally wide; log10 of it is probe_log10_c. silhouette: -1..1, of the test images.
    """
    knn = KNeighborsClassifier(neighbours, metric="cosine").fit(train, train_labels)
    probe = corrected_probe(train, train_labels, 0, validation_share)
    of_images = {
        "knn_accuracy": knn.predict(test) == test_labels,
        "probe_accuracy": probe.model.predict(test) == test_labels,
        "silhouette": silhouette_samples(test, test_labels),
    }
    return {name: values.mean() for name, values in of_images.items()} | {"probe_log10_c": np.log10(probe.c)}, of_images


def linear_cka(first: np.ndarray, second: np.ndarray) -> float:
    """Linear centred kernel alignment of two embeddings (n, d1), (n, d2) of the same images, in 0..1.

    Kornblith et al. (2019): 1 for a rotation or a scaling of the same embedding.
    """
    first, second = first - first.mean(0), second - second.mean(0)
    cross = np.linalg.norm(first.T @ second) ** 2
    return float(cross / (np.linalg.norm(first.T @ first) * np.linalg.norm(second.T @ second)))


def cka_matrix(layers: dict[str, np.ndarray]) -> pd.DataFrame:
    """Linear CKA of every pair of layers, by name."""
    values = [[linear_cka(first, second) for second in layers.values()] for first in layers.values()]
    return pd.DataFrame(values, index=list(layers), columns=list(layers))


def projected(
    embeddings: np.ndarray, labels: np.ndarray, neighbours: int, seeds: list[int]
) -> dict[str, dict[int, tuple[np.ndarray, dict[str, float], dict[str, np.ndarray]]]]:
    """t-SNE and UMAP of embeddings (n, d): by method and seed the points (n, 2), and `projection_metrics` of them."""
    found: dict[str, dict] = {"tsne": {}, "umap": {}}
    for seed in seeds:
        for name, project in (("tsne", two_dimensions.tsne), ("umap", two_dimensions.umap)):
            points = project(embeddings, seed)
            found[name][seed] = points, *projection_metrics(embeddings, points, labels, neighbours)
    return found


def projection_metrics(
    embeddings: np.ndarray, points: np.ndarray, labels: np.ndarray, neighbours: int
) -> tuple[dict[str, float], dict[str, np.ndarray]]:
    """How well a projection (n, 2) keeps neighbours and tells the classes apart; and what of it is of each image, (n,).

    trustworthiness: 0..1. knn_accuracy is by five-fold cross-validation, silhouette (-1..1) says how tight the classes
    lie.
    """
    of_images = {
        "knn_accuracy": cross_val_predict(KNeighborsClassifier(neighbours), points, labels, cv=FOLDS) == labels,
        "silhouette": silhouette_samples(points, labels),
    }
    trusted = {"trustworthiness": trustworthiness(embeddings, points, n_neighbors=neighbours)}
    return trusted | {name: values.mean() for name, values in of_images.items()}, of_images


def confusion_metrics(counts: np.ndarray, similarity: np.ndarray, seed: int) -> dict[str, float]:
    """Whether the classes that are confused are those whose mean embeddings are similar.

    counts: `confusion`'s. similarity: `class_similarity`'s. confusion_similarity: Spearman's correlation, over the
    pairs of classes, of how often either is taken for the other with how similar they are. confusion_similarity_p: how
    often chance gives as much, by `mantel` with `seed`. right: the share of right answers.
    """
    found, p = mantel(counts + counts.T, similarity, np.random.default_rng(seed), ranks=True)
    right = np.trace(counts) / counts.sum()
    return {"confusion_similarity": found, "confusion_similarity_p": p, "right": right}
