"""The panels of section 4."""

import numpy as np

from archdyn.render.images import Control, frames_panel, tiled

STOPS = 12  # of a training, from its first epoch to its last
SHOWN, COLUMNS = 16, 4  # samples of a frame


def evolution(inputs, settings: dict) -> dict:
    """The panel of samples over training."""
    samples = zip(settings["names"].values(), map(np.load, inputs.samples), strict=True)
    return evolution_frames(dict(samples))


def evolution_frames(samples: dict[str, np.ndarray]) -> dict:
    """What each condition draws from the same noise as it trains; uint8 (epochs, n, h, w[, 3]) by condition."""
    sheets, notes = [], []
    for condition, by_epoch in samples.items():
        epochs = np.linspace(0, len(by_epoch) - 1, STOPS).round().astype(int)
        sheets.append(np.stack([tiled(by_epoch[epoch][:SHOWN], COLUMNS) for epoch in epochs]))
        notes += [f"{condition}, after epoch {epoch + 1} of {len(by_epoch)}" for epoch in epochs]
    controls = [
        Control("condition", list(samples), "list"),
        Control("training", [str(stop) for stop in range(1, STOPS + 1)]),
    ]
    return frames_panel(controls, sheets, STOPS, notes)
