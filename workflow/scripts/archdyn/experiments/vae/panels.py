"""The panels of section 5."""

import numpy as np

from archdyn.render.images import Control, frames_panel

REACH = 3  # of the plane, in standard deviations of the prior


def plane(inputs, settings: dict) -> dict:
    """The panel of the latent plane."""
    weights = settings["weights"]
    planes = zip(weights, map(np.load, inputs.planes), strict=True)
    return latent_plane(dict(planes), weights)


def latent_plane(planes: dict[str, np.ndarray], weights: dict[str, float]) -> dict:
    """The plane of a model's two strongest latent dimensions.

    planes: uint8 (steps, steps, h, w[, 3]) by condition. weights: the KL's, by condition.
    """
    steps = len(next(iter(planes.values())))
    values = [f"{value:.1f}" for value in np.linspace(-REACH, REACH, steps)]
    notes = [
        f"KL weight {weights[condition]:g} ({condition}): strongest {first}, second {second}"
        for condition in planes
        for first in values
        for second in values
    ]
    controls = [
        Control("KL weight", [f"{weights[condition]:g}" for condition in planes]),
        Control("strongest dimension", values),
        Control("second dimension", values),
    ]
    return frames_panel(controls, [plane.reshape(-1, *plane.shape[2:]) for plane in planes.values()], steps, notes)
