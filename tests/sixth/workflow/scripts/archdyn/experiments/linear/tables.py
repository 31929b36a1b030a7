"""The table of the sixth experiment."""

import pandas as pd

from archdyn.render.tables import conditions_table

COLUMNS = {  # heading: metric, digits
    "error ↓": ("test_error", 2),
    "error of PCA": ("pca_error", 2),
    "ratio": ("error_ratio", 3),
}


def conditions(inputs, settings: dict) -> pd.DataFrame:
    """All conditions of the linear autoencoder in one table."""
    return conditions_table(pd.read_csv(inputs.summary), settings["names"], COLUMNS)
