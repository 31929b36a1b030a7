"""The panel of section 3."""

import numpy as np
import pandas as pd

from archdyn.experiments.vit.answers import short_name, top_classes
from archdyn.experiments.vit.masks import enlarge
from archdyn.render.images import Control, frames_panel
from archdyn.render.published import read_json

SIDE = 224  # pixels that a picture is shown with at most


def growth(inputs, settings: dict) -> dict:
    """The panel of masks that grow."""
    images, masks, logits = (np.load(inputs[name]) for name in ("images", "masks", "logits"))
    sweep, facts = pd.read_csv(inputs.sweep), read_json(inputs.facts)
    return mask_growth(images, facts["names"], sweep, masks, logits, facts["classes"])


def mask_growth(
    images: np.ndarray, names: list[str], sweep: pd.DataFrame, masks: np.ndarray, logits: np.ndarray, classes: list[str]
) -> dict:
    """Pictures under black patches that grow, with the answer and its probability.

    images: uint8 (n, h, w[, 3]). sweep: shape and masked (0..1), a row per mask; masks bool (masks, n, patches), logits
    (masks, n, classes).
    """
    step = max(1, images.shape[1] // SIDE)
    shown = images[:, ::step, ::step]
    sheets, notes = [], []
    for number, image in enumerate(shown):
        for _, rows in sweep.groupby("shape", sort=False):
            sheets.append(np.stack([_blackened(image, masks[row, number]) for row in rows.index]))
            notes += [_answer(logits[row, number], classes, rows["masked"][row]) for row in rows.index]
    shares = sweep.loc[sweep["shape"] == sweep["shape"].iloc[0], "fraction"]
    controls = [
        Control("picture", names, "list"),
        Control("mask", list(sweep["shape"].unique()), "list"),
        Control("patches masked", [f"{100 * share:.0f}%" for share in shares]),
    ]
    return frames_panel(controls, sheets, len(shares), notes)


def _blackened(image: np.ndarray, mask: np.ndarray) -> np.ndarray:
    black = image.copy()
    black[enlarge(mask[None], *image.shape[:2])[0]] = 0
    return black


def _answer(logits: np.ndarray, classes: list[str], masked: float) -> str:
    order, probabilities = top_classes(logits[None], 1)
    name = short_name(classes[order[0, 0]])
    return f"{name}, {100 * probabilities[0, 0]:.1f}%; {100 * masked:.0f}% of the patches are black"
