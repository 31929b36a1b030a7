"""The panels of section 5."""

from itertools import product

import numpy as np

from archdyn.render.images import Control, frames_panel

REACH = 3  # of the plane, in standard deviations of the prior


def plane(inputs, settings: dict) -> dict:
    """What the decoder draws over the plane of its two strongest latent dimensions; `weights` has the KL's weights."""
    planes = [np.load(file) for file in inputs.planes]  # uint8 (steps, steps, h, w[, 3]), the second dimension fastest
    steps = len(planes[0])
    weights = [f"{weight:g}" for weight in settings["weights"].values()]
    values = [f"{value:.1f}" for value in np.linspace(-REACH, REACH, steps)]
    notes = [
        f"KL weight {weight}: strongest {first}, second {second}"
        for weight, first, second in product(weights, values, values)
    ]
    controls = [
        Control("KL weight", weights),
        Control("strongest dimension", values),
        Control("second dimension", values),
    ]
    return frames_panel(controls, [plane.reshape(-1, *plane.shape[2:]) for plane in planes], steps, notes)
