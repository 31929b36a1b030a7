"""The figure of the sixth experiment."""

import pandas as pd
from matplotlib.figure import Figure

from archdyn.render.style import COLOURS


def errors(figure: Figure, inputs, settings: dict) -> None:
    """The error of each condition's autoencoder beside that of PCA with as many dimensions, mean and sd over seeds."""
    summary = pd.read_csv(inputs.summary)
    axes = figure.subplots()
    for metric, name, colour in (("test_error", "autoencoder", "blue"), ("pca_error", "PCA", "orange")):
        rows = summary[summary["metric"] == metric]
        axes.errorbar(rows["condition"], rows["mean"], rows["sd"].fillna(0), fmt="o", color=COLOURS[colour], label=name)
    axes.set(xlabel="condition", ylabel="squared error per test image", ylim=(0, None))
    figure.legend(loc="outside upper center", ncols=2)
