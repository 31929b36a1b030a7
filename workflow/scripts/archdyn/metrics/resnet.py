"""The numbers of section 2: accuracy and its cost, and what the layers and their projections say of the classes."""

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.manifold import TSNE, trustworthiness
from sklearn.metrics import confusion_matrix, silhouette_score
from sklearn.model_selection import cross_val_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from archdyn.errors import ArchdynError
from archdyn.metrics.intervals import wilson_interval
from archdyn.metrics.tidy import tidy

PERPLEXITY = 30
SEED = 42  # of the report's projections


def run_rows(epochs: pd.DataFrame, logits: np.ndarray, labels: np.ndarray) -> pd.DataFrame:
    """`transfer_metrics` as tidy rows of the run that `epochs` names; `labels` may be of more images."""
    values = transfer_metrics(epochs, logits, labels[: len(logits)])
    return tidy("resnet", epochs["condition"].iloc[0], epochs["seed"].iloc[0], values)


def transfer_metrics(epochs: pd.DataFrame, logits: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """Accuracies (0..1) of the last epoch and on the test images, with a 95% Wilson interval, and the cost.

    gflops is 10^9 floating-point operations of the whole training, seconds what it took, the extraction of constant
    features in both.
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
    }


def layer_metrics(
    train: np.ndarray, train_labels: np.ndarray, test: np.ndarray, test_labels: np.ndarray, neighbours: int
) -> dict[str, float]:
    """How well one layer's embeddings, float (n, d), tell the classes apart.

    knn_accuracy (cosine) and probe_accuracy (multinomial logistic regression on standardised features): shares in
    0..1, fitted on the training images and scored on the test images. silhouette: -1..1, of the test images.
    """
    knn = KNeighborsClassifier(neighbours, metric="cosine").fit(train, train_labels)
    probe = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000)).fit(train, train_labels)
    return {
        "knn_accuracy": knn.score(test, test_labels),
        "probe_accuracy": probe.score(test, test_labels),
        "silhouette": silhouette_score(test, test_labels),
    }


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


def check_projectable(n: int, neighbours: int) -> None:
    """Raise ArchdynError where `n` test images are too few for t-SNE's perplexity or for trustworthiness."""
    least = max(PERPLEXITY + 1, 2 * neighbours + 1)
    if n < least:
        raise ArchdynError(
            f"resnet: {n} test images are too few to project; allowed: {least} or more, for a perplexity of "
            f"{PERPLEXITY} and resnet.layers.neighbours of {neighbours}"
        )


def project_umap(embeddings: np.ndarray) -> np.ndarray:
    """UMAP as in the report (defaults, random_state 42), float32 (n, 2)."""
    import umap  # compiles for seconds, and only projections need it

    return umap.UMAP(random_state=SEED, n_jobs=1).fit_transform(embeddings).astype(np.float32)


def project_tsne(embeddings: np.ndarray) -> np.ndarray:
    """t-SNE as in the report (perplexity 30, 1,000 iterations), float32 (n, 2)."""
    return TSNE(perplexity=PERPLEXITY, max_iter=1000, random_state=SEED).fit_transform(embeddings)


def projection_metrics(
    embeddings: np.ndarray, points: np.ndarray, labels: np.ndarray, neighbours: int
) -> dict[str, float]:
    """Trustworthiness (0..1) of a projection (n, 2), and how well its points tell the classes apart.

    knn_accuracy is by five-fold cross-validation, silhouette (-1..1) says how tight the classes lie.
    """
    knn = KNeighborsClassifier(neighbours)
    return {
        "trustworthiness": trustworthiness(embeddings, points, n_neighbors=neighbours),
        "knn_accuracy": cross_val_score(knn, points, labels, cv=5).mean(),
        "silhouette": silhouette_score(points, labels),
    }


def confusion(logits: np.ndarray, labels: np.ndarray, classes: int) -> np.ndarray:
    """Counts (classes, classes): rows are the true classes, columns the predicted ones."""
    return confusion_matrix(labels, logits.argmax(1), labels=np.arange(classes))


def class_similarity(embeddings: np.ndarray, labels: np.ndarray, classes: int) -> np.ndarray:
    """Cosine (classes, classes) between the classes' mean embeddings, after subtracting the mean of all."""
    means = np.stack([embeddings[labels == label].mean(0) for label in range(classes)]) - embeddings.mean(0)
    means /= np.linalg.norm(means, axis=1, keepdims=True)
    return means @ means.T


def confused_pairs(counts: np.ndarray, n: int) -> list[tuple[int, int]]:
    """The `n` pairs of classes that are most often taken for each other, most often first."""
    both = counts + counts.T
    pairs = [(i, j) for i in range(len(both)) for j in range(i)]
    return sorted(pairs, key=lambda pair: -both[pair])[:n]
