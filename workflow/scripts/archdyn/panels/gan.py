"""The panels of section 4."""

import numpy as np

from archdyn.panels.frames import Control, frames_panel
from archdyn.plots.grid import tiled

STOPS = 12  # of a training, from its first epoch to its last
SHOWN, COLUMNS = 16, 4  # samples of a frame
CURVES = {
    "mean_loss_d": "discriminator's loss (nats)",
    "mean_loss_g": "generator's loss (nats)",
    "mean_d_real": "D on real images (probability)",
    "mean_d_fake": "D on fakes (probability)",
    "mean_grad_norm_g": "norm of the generator's gradient",
    "d_accuracy_train": "D right on training images (share)",
    "d_accuracy_held_out": "D right on held-out images (share)",
}


def evolution(samples: dict[str, np.ndarray]) -> dict:
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
