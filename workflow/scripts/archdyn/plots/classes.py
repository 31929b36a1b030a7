"""Points that tell classes apart."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

# Paul Tol's muted colours, told apart with any kind of colour vision, and black: as many as the classes of the report.
CLASS_COLOURS = (
    "#332288",
    "#DDCC77",
    "#117733",
    "#CC6677",
    "#88CCEE",
    "#882255",
    "#44AA99",
    "#AA4499",
    "#999933",
    "#000000",
)
MARKS = "os^"  # of neighbours in the list of classes, shape differs as well


def class_look(number: int) -> dict[str, str]:
    """Marker and colour of class `number`; thirty classes look different."""
    return {"marker": MARKS[number % len(MARKS)], "color": CLASS_COLOURS[number % len(CLASS_COLOURS)]}


def scatter_classes(axes: Axes, xy: np.ndarray, labels: np.ndarray, classes: list[str]) -> None:
    """Points (n, 2) with labels int (n,), each class under its name; the more points, the smaller."""
    size = np.clip(75 / np.sqrt(len(xy)), 1.5, 4)
    for number, name in enumerate(classes):
        axes.plot(*xy[labels == number].T, linestyle="", ms=size, mew=0, alpha=0.8, label=name, **class_look(number))


def class_legend(figure: Figure, axes: Axes, **style) -> None:
    """The classes of `axes` above all panels, with marks large enough to be told apart."""
    handles, names = axes.get_legend_handles_labels()
    legend = figure.legend(handles, names, loc="outside upper center", ncols=5, fontsize=7, **style)
    for mark in legend.legend_handles:
        mark.set_markersize(5)
