"""The panels of section 5."""

import numpy as np

from archdyn.render.images import Control, frames_panel

REACH = 3  # of the plane, in standard deviations of the prior


def plane(inputs, settings: dict) -> dict:
    """The plane of two latent dimensions, by the KL's weight; `weights` has it by condition."""
    return latent_plane(list(map(np.load, inputs.planes)), list(settings["weights"].values()))


def latent_plane(planes: list[np.ndarray], weights: list[float]) -> dict:
    """What the decoder draws over its two strongest latent dimensions.

    planes: uint8 (steps, steps, h, w[, 3]) each, the second dimension fastest. weights: the KL's in each training.
    """
    steps = len(planes[0])
    values = [f"{value:.1f}" for value in np.linspace(-REACH, REACH, steps)]
    notes = [
        f"KL weight {weight:g}: strongest {first}, second {second}"
        for weight in weights
        for first in values
        for second in values
    ]
    controls = [
        Control("KL weight", [f"{weight:g}" for weight in weights]),
        Control("strongest dimension", values),
        Control("second dimension", values),
    ]
    return frames_panel(controls, [plane.reshape(-1, *plane.shape[2:]) for plane in planes], steps, notes)
