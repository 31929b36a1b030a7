"""The panels of section 4."""

import numpy as np

from archdyn.render.images import Control, frames_panel, tiled

STOPS = 12  # of a training, from its first epoch to its last
SHOWN, COLUMNS = 16, 4  # samples of a frame


def evolution(inputs, settings: dict) -> dict:
    """The panel of what each condition draws from the same noise as it trains."""
    sheets, notes, names = [], [], list(settings["names"].values())
    for condition, by_epoch in zip(names, map(np.load, inputs.samples), strict=True):
        epochs = np.linspace(0, len(by_epoch) - 1, STOPS).round().astype(int)
        sheets.append(np.stack([tiled(by_epoch[epoch][:SHOWN], COLUMNS) for epoch in epochs]))
        notes += [f"{condition}, after epoch {epoch + 1} of {len(by_epoch)}" for epoch in epochs]
    controls = [
        Control("condition", names, "list"),
        Control("training", [str(stop) for stop in range(1, STOPS + 1)]),
    ]
    return frames_panel(controls, sheets, STOPS, notes)
