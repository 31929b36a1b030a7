"""The modality gap as it closes: where images and texts lie, and how many images CLIP gets right on the way."""

import numpy as np
import pandas as pd

from archdyn.metrics.clip import SHIFTS, unit

CLOSING = SHIFTS[(SHIFTS > -1e-9) & (SHIFTS < 1 + 1e-9)]  # from where the images are until the centroids meet


def closing_points(images: np.ndarray, labels: np.ndarray, texts: np.ndarray, gap: np.ndarray) -> pd.DataFrame:
    """Where images and texts lie as the images move along the gap: a row per point and `percent` of it that is closed.

    images (n, dimensions) with labels int (n,), texts (classes, dimensions), gap (dimensions,). Of each point:
    modality, label, x along the gap vector and y along the images' first principal axis across it; of unit vectors.
    """
    images, texts = unit(images), unit(texts)
    along = unit(gap)
    centred = images - images.mean(0)
    across = centred - np.outer(centred @ along, along)
    axes = np.stack([along, np.linalg.svd(across, full_matrices=False)[2][0]])
    frames = []
    for shift in CLOSING:
        x, y = axes @ np.concatenate([unit(images - shift * gap), texts]).T
        modality = np.repeat(["image", "text"], [len(images), len(texts)])
        names = np.concatenate([labels, np.arange(len(texts))])
        points = {"percent": round(100 * shift), "modality": modality, "label": names, "x": x, "y": y}
        frames.append(pd.DataFrame(points))
    return pd.concat(frames, ignore_index=True)


def closing_accuracy(curve: pd.DataFrame) -> pd.DataFrame:
    """percent, accuracy: on the way of the images until the centroids meet, from `shift_curve`."""
    on_the_way = np.isclose(curve["shift"].to_numpy()[:, None], CLOSING).any(axis=1)
    moved = curve[(curve["moved"] == "images") & on_the_way]
    return pd.DataFrame({"percent": (100 * moved["shift"]).round().astype(int), "accuracy": moved["accuracy"]})
