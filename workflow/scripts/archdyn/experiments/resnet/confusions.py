"""Which classes are confused, and which are alike; apart from the other metrics, which figures need not load."""

import numpy as np
import pandas as pd


def confusion(answers: np.ndarray, labels: np.ndarray, classes: int) -> np.ndarray:
    """Counts (classes, classes): rows are the true classes, columns the answers, int (n,)."""
    return np.bincount(labels * classes + answers, minlength=classes**2).reshape(classes, classes)


def printed_confusion(published: pd.DataFrame, classes: list[str]) -> np.ndarray | None:
    """The report's counts, int (classes, classes), from its table by class; None where these are other classes."""
    printed = published.set_index("class")
    return printed.to_numpy() if list(printed) == classes else None


def class_similarity(embeddings: np.ndarray, labels: np.ndarray, classes: int) -> np.ndarray:
    """Cosine (classes, classes) between the classes' mean embeddings, after subtracting the mean of all.

    0 for a class without images, and for one whose mean is that of all.
    """
    members = np.eye(classes)[labels]
    means = members.T @ embeddings / members.sum(0)[:, None].clip(min=1)
    means[members.any(0)] -= embeddings.mean(0)
    means /= np.linalg.norm(means, axis=1, keepdims=True).clip(min=np.finfo(float).tiny)
    return means @ means.T
