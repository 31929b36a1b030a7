"""Quality, variety and memorisation of generated images, in numbers.

Features are float arrays (n, d) from the classifier's penultimate layer, labels integer arrays (n,).
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import linalg
from scipy.spatial.distance import cdist
from sklearn.decomposition import PCA
from sklearn.metrics import euclidean_distances
from sklearn.neighbors import NearestNeighbors

MANIFOLD_IMAGES, COMPONENTS, USUAL = 10_000, 50, 0.99  # what a sample is among real images by
SAME_IMAGE = 0.1  # of the range of pixels: two images that differ by less are (nearly) one


@dataclass
class ImageSet:
    """Images uint8 (n, h, w) with their classifier features float32 (n, d), and logits (n, classes)."""

    images: np.ndarray
    features: np.ndarray
    logits: np.ndarray

    @classmethod
    def load(cls, images: Path, features: Path, logits: Path) -> "ImageSet":
        """Read the three .npy files; the images stay memory-mapped."""
        return cls(np.load(images, mmap_mode="r"), np.load(features), np.load(logits))

    @property
    def labels(self) -> np.ndarray:
        """The predicted classes, int (n,)."""
        return self.logits.argmax(1)

    def first(self, n: int) -> "ImageSet":
        return ImageSet(self.images[:n], self.features[:n], self.logits[:n])


def frechet_distance(real: np.ndarray, fake: np.ndarray) -> float:
    """Fréchet distance between Gaussians fitted to two sets of features (Heusel et al. 2017); 0 for equal sets."""
    return gaussian_frechet(real.mean(0), np.cov(real, rowvar=False), fake.mean(0), np.cov(fake, rowvar=False))


def gaussian_frechet(mean_a: np.ndarray, cov_a: np.ndarray, mean_b: np.ndarray, cov_b: np.ndarray) -> float:
    """|m_a - m_b|^2 + tr(C_a + C_b - 2 (C_a C_b)^(1/2)); means (d,), covariances (d, d).

    The trace of the root is the sum of the roots of the eigenvalues of C_a^(1/2) C_b C_a^(1/2), which is symmetric
    and positive, so that rank-deficient covariances (a collapsed generator's) do no harm.
    """
    values, vectors = linalg.eigh(np.atleast_2d(cov_a))
    root_a = (vectors * np.sqrt(values.clip(min=0))) @ vectors.T
    product = linalg.eigvalsh(root_a @ np.atleast_2d(cov_b) @ root_a)
    trace = np.trace(np.atleast_2d(cov_a)) + np.trace(np.atleast_2d(cov_b)) - 2 * np.sqrt(product.clip(min=0)).sum()
    return float(np.sum((mean_a - mean_b) ** 2) + trace)


def precision_recall(real: np.ndarray, fake: np.ndarray, k: int) -> dict[str, float]:
    """Precision and recall (Kynkäänniemi et al. 2019), density and coverage (Naeem et al. 2020), with k neighbours.

    All but density are shares in 0..1; density is 1 for equal distributions and can exceed it.
    """
    real_radii, fake_radii = _neighbour_radii(real, k), _neighbour_radii(fake, k)
    precise = np.zeros(len(fake), bool)
    recalled = np.zeros(len(real), bool)
    covered = np.zeros(len(real), bool)
    inside = 0
    for start in range(0, len(fake), 1000):
        rows = slice(start, start + 1000)
        distances = euclidean_distances(fake[rows], real)  # by products of matrices, a sixth of the time
        in_real_ball = distances < real_radii
        precise[rows] = in_real_ball.any(1)
        inside += in_real_ball.sum()
        covered |= in_real_ball.any(0)
        recalled |= (distances < fake_radii[rows, None]).any(0)
    return {
        "precision": precise.mean(),
        "recall": recalled.mean(),
        "density": inside / (k * len(fake)),
        "coverage": covered.mean(),
    }


def on_manifold(samples: ImageSet, real: ImageSet) -> np.ndarray:
    """Which samples lie among real images, bool (n,); of images like the real ones, nearly all do.

    In the classifier's features they are as near to a real image as USUAL of those are to another, and COMPONENTS
    principal components of real images explain as much of them as of USUAL real ones. Features alone do not do: to the
    classifier, white noise and a pattern of dots are an 8. What is amid all images, such as their mean, passes.
    """
    half = min(MANIFOLD_IMAGES, len(real.images)) // 2
    known, further = real.first(half), _unit_pixels(real.images[half : 2 * half])
    components = PCA(min(COMPONENTS, half - 1, further.shape[1]), random_state=0).fit(_unit_pixels(known.images))
    usual = np.quantile(_unexplained(components, further), USUAL)
    explained = _unexplained(components, _unit_pixels(samples.images)) <= usual
    return explained & _as_near_as_usual(known.features, samples.features)


def drawn_classes(labels: np.ndarray, genuine: np.ndarray, data: np.ndarray) -> np.ndarray:
    """The share of all samples that are of each class and `genuine` (bool, as `labels`), float (classes,).

    data: the share of each class in the data.
    """
    return np.bincount(labels[genuine], minlength=len(data)) / len(labels)


def largest_image_share(images: np.ndarray, limit: int = 1000) -> float:
    """Share of the first `limit` images, uint8 (n, h, w[, 3]), that are (nearly) one: 1/n..1.

    Such images differ by at most SAME_IMAGE in the root mean square of their pixels. Of real digits, one in a hundred
    is that near to the one that most are near to.
    """
    pixels = _unit_pixels(images[:limit])
    differences = cdist(pixels, pixels) / np.sqrt(pixels.shape[1])
    return float((differences <= SAME_IMAGE).mean(1).max())


def class_histogram(labels: np.ndarray, classes: int) -> np.ndarray:
    """Share of each class, float (classes,), summing to 1."""
    return np.bincount(labels, minlength=classes) / len(labels)


def modes_covered(samples: np.ndarray, data: np.ndarray) -> int:
    """Classes of the data that the samples hold at least a tenth as often as it does."""
    return int(np.sum((data > 0) & (samples >= data / 10)))


def feature_spread(real: np.ndarray, fake: np.ndarray) -> float:
    """Total variance of the samples' features over that of the real ones: 1 as varied as those, 0 all equal."""
    return float(fake.var(0, dtype=np.float64).sum() / real.var(0, dtype=np.float64).sum())


def nearest_distance(images: np.ndarray, reference: np.ndarray, limit: int = 1000) -> float:
    """Median over the first `limit` images of the L2 distance to the nearest reference image, pixels in [0, 1]."""
    nearest = NearestNeighbors(n_neighbors=1, algorithm="brute").fit(_unit_pixels(reference))
    return float(np.median(nearest.kneighbors(_unit_pixels(images[:limit]))[0]))


def _as_near_as_usual(real: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Whether each point is as near to one of `real` as USUAL of those are to their nearest other, bool (n,)."""
    nearest = NearestNeighbors(n_neighbors=1, algorithm="brute").fit(real)
    usual = np.quantile(nearest.kneighbors()[0], USUAL)
    return nearest.kneighbors(points)[0][:, 0] <= usual


def _unexplained(components: PCA, pixels: np.ndarray) -> np.ndarray:
    """How far each image is from its principal components, over how far it is from the mean image, in 0..1, (n,)."""
    residual = pixels - components.inverse_transform(components.transform(pixels))
    return np.linalg.norm(residual, axis=1) / np.linalg.norm(pixels - components.mean_, axis=1).clip(min=1e-9)


def _neighbour_radii(features: np.ndarray, k: int) -> np.ndarray:
    """Distance of each row to its k-th nearest other row."""
    tree = NearestNeighbors(n_neighbors=k + 1, algorithm="brute").fit(features)
    return tree.kneighbors(features)[0][:, k]


def _unit_pixels(images: np.ndarray) -> np.ndarray:
    return images.reshape(len(images), -1).astype(np.float32) / 255
