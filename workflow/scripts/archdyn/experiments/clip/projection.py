"""Images and texts in two dimensions, for Figures 12 and 13; apart from the other metrics since UMAP loads slowly."""

import numpy as np
import pandas as pd
from sklearn.manifold import TSNE
from umap import UMAP

from archdyn.experiments.clip.alignment import Pairs, fit_rotation

PERPLEXITY, ITERATIONS = 30, 1000
SEED = 42  # of the report's projections


def projections(train: Pairs, drawn: Pairs, shown: Pairs, texts: np.ndarray) -> pd.DataFrame:
    """A row per point: stage (before or after the texts are rotated), projection, modality, label, x, y.

    separate_tsne, as published: the `drawn` pairs, one fit for the images and one for their texts, most of which are
    equal; the rotation is fitted on the same pairs. joint_tsne, joint_umap: the `shown` images and each text once, in
    one fit; the rotation is fitted on the training pairs. All vectors are of unit length; x and y have no unit.
    """
    frames = []
    for stage in ("before", "after"):
        by_drawn, by_train = (
            texts if stage == "before" else texts @ fit_rotation(images, texts[labels])
            for images, labels in (drawn, train)
        )
        apart = np.concatenate([_tsne(drawn[0]), _tsne(by_drawn[drawn[1]])])
        both = np.concatenate([shown[0], by_train])
        frames += [
            _points(apart, drawn[1], drawn[1], stage, "separate_tsne"),
            _points(_tsne(both), shown[1], np.arange(len(texts)), stage, "joint_tsne"),
            _points(_umap(both), shown[1], np.arange(len(texts)), stage, "joint_umap"),
        ]
    return pd.concat(frames)


def _tsne(vectors: np.ndarray) -> np.ndarray:
    return TSNE(perplexity=PERPLEXITY, max_iter=ITERATIONS, random_state=SEED).fit_transform(vectors)


def _umap(vectors: np.ndarray) -> np.ndarray:
    return UMAP(random_state=SEED, n_jobs=1).fit_transform(vectors)


def _points(xy: np.ndarray, image_labels: np.ndarray, text_labels: np.ndarray, stage: str, name: str) -> pd.DataFrame:
    modality = np.repeat(["image", "text"], [len(image_labels), len(text_labels)])
    labels = np.concatenate([image_labels, text_labels])
    points = {"stage": stage, "projection": name, "modality": modality, "label": labels, "x": xy[:, 0], "y": xy[:, 1]}
    return pd.DataFrame(points)
