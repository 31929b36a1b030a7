"""Images and texts in two dimensions, for Figures 12 and 13."""

import numpy as np
import pandas as pd

from archdyn.experiments.clip.alignment import Pairs, fit_rotation
from archdyn.measures.two_dimensions import tsne, umap


def projections(train: Pairs, drawn: Pairs, shown: Pairs, texts: np.ndarray) -> pd.DataFrame:
    """A row per point: stage (before or after the images are rotated), projection, modality, label, x, y.

    separate_tsne, as published: the `drawn` pairs, one fit for the images and one for their texts, most of which are
    equal; the rotation is fitted on the same pairs, and the texts keep their places. joint_tsne, joint_umap: the
    `shown` images and each text once, in one fit; the rotation is fitted on the training pairs. All vectors are of unit
    length; x and y have no unit.
    """
    placed_texts = tsne(texts[drawn[1]])
    frames = []
    for stage in ("before", "after"):
        some, many = (
            images if stage == "before" else images @ fit_rotation(fitted_on[0], texts[fitted_on[1]])
            for images, fitted_on in ((drawn[0], drawn), (shown[0], train))
        )
        both = np.concatenate([many, texts])
        frames += [
            _points(np.concatenate([tsne(some), placed_texts]), drawn[1], drawn[1], stage, "separate_tsne"),
            _points(tsne(both), shown[1], np.arange(len(texts)), stage, "joint_tsne"),
            _points(umap(both), shown[1], np.arange(len(texts)), stage, "joint_umap"),
        ]
    return pd.concat(frames)


def _points(xy: np.ndarray, image_labels: np.ndarray, text_labels: np.ndarray, stage: str, name: str) -> pd.DataFrame:
    modality = np.repeat(["image", "text"], [len(image_labels), len(text_labels)])
    labels = np.concatenate([image_labels, text_labels])
    points = {"stage": stage, "projection": name, "modality": modality, "label": labels, "x": xy[:, 0], "y": xy[:, 1]}
    return pd.DataFrame(points)
