"""Points that tell classes apart."""

import numpy as np
from matplotlib.axes import Axes

from archdyn.plots.style import COLOURS

MARKS = "o^sD"  # classes beyond the colours get the next mark


def class_look(number: int, marks: str = MARKS) -> dict[str, str]:
    """Marker and colour of class `number`."""
    turn, colour = divmod(number, len(COLOURS))
    return {"marker": marks[turn % len(marks)], "color": list(COLOURS.values())[colour]}


def scatter_classes(axes: Axes, xy: np.ndarray, labels: np.ndarray, classes: list[str], size: float) -> None:
    """Points (n, 2) with labels int (n,), `size` points wide, each class under its name."""
    for number, name in enumerate(classes):
        axes.plot(*xy[labels == number].T, linestyle="", ms=size, mew=0, label=name, **class_look(number))
