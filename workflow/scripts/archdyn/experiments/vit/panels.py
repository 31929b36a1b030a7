"""The panel of section 3."""

import numpy as np
import pandas as pd

from archdyn.experiments.vit.answers import likeliest
from archdyn.experiments.vit.masks import painted
from archdyn.render.images import Control, frames_panel
from archdyn.render.published import read_json

SIDE = 224  # pixels that a picture is shown with at most


def growth(inputs, settings: dict) -> dict:
    """The panel of pictures under black patches that grow, with the answer and its probability."""
    images, masks, logits = (np.load(inputs[name]) for name in ("images", "masks", "logits"))
    sweep, facts = pd.read_csv(inputs.sweep), read_json(inputs.facts)
    step = max(1, images.shape[1] // SIDE)
    sheets, notes = [], []
    for number, image in enumerate(images[:, ::step, ::step]):
        for _, rows in sweep.groupby("shape", sort=False):
            sheets.append(np.stack([painted(image, masks[row, number], colour=0) for row in rows.index]))
            notes += [_note(logits[row, number], facts["classes"], rows["masked"][row]) for row in rows.index]
    shares = sweep.loc[sweep["shape"] == sweep["shape"].iloc[0], "fraction"]
    controls = [
        Control("picture", facts["names"], "list"),
        Control("mask", list(sweep["shape"].unique()), "list"),
        Control("patches masked", [f"{100 * share:.0f}%" for share in shares]),
    ]
    return frames_panel(controls, sheets, len(shares), notes)


def _note(logits: np.ndarray, classes: list[str], masked: float) -> str:
    name, probability = likeliest(logits, classes)[0]
    return f"{name}, {100 * probability:.1f}%; {100 * masked:.0f}% of the patches are black"
