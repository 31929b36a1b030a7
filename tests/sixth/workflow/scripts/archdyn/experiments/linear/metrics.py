"""How well few linear dimensions carry images, learnt and by PCA. Errors are squared and summed over pixels."""

import numpy as np
from sklearn.decomposition import PCA


def reconstruction_metrics(outputs: np.ndarray, test: np.ndarray, train: np.ndarray, latents: int) -> dict[str, float]:
    """Mean errors on test images, and their ratio; all arrays float (n, pixels) in the unit of [0, 1]."""
    learnt, best = mean_error(outputs, test), pca_error(train, test, latents)
    return {"test_error": learnt, "pca_error": best, "error_ratio": learnt / best}


def pca_error(train: np.ndarray, test: np.ndarray, latents: int) -> float:
    """The mean error of the test images projected on the principal subspace of the training images."""
    pca = PCA(latents, svd_solver="full").fit(train)
    return mean_error(pca.inverse_transform(pca.transform(test)), test)


def mean_error(outputs: np.ndarray, images: np.ndarray) -> float:
    """Squared and summed over pixels, then averaged over images."""
    return float(np.square(outputs - images).sum(1).mean())


def flat(images: np.ndarray) -> np.ndarray:
    """uint8 images as float64 (n, pixels) in [0, 1]."""
    return images.reshape(len(images), -1) / 255
