"""One contract for what was measured of each image: condition, seed, image, and a column per metric."""

import numpy as np
import pandas as pd


def per_image(condition: str, seed: int, values: dict[str, np.ndarray]) -> pd.DataFrame:
    """A row per image, whose `image` is its number among those that were measured.

    values: a metric's value for each image, (n,), by name; what is right or wrong becomes 1 or 0. A metric's mean over
    the images is what tidy rows (`archdyn.metrics.tidy`) have under the same condition, seed and name.
    """
    columns = {name: column.astype(np.uint8) if column.dtype == bool else column for name, column in values.items()}
    n = len(next(iter(values.values())))
    return pd.DataFrame({"condition": condition, "seed": seed, "image": np.arange(n), **columns})
