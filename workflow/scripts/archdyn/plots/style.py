"""One look for all figures."""

from collections.abc import Iterator
from contextlib import contextmanager
from textwrap import wrap

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

# Okabe and Ito's colours, told apart with any kind of colour vision.
COLOURS = {
    "blue": "#0072B2",
    "orange": "#E69F00",
    "green": "#009E73",
    "red": "#D55E00",
    "purple": "#CC79A7",
    "sky": "#56B4E9",
    "grey": "#6E6E6E",
}
STYLE = {
    "figure.constrained_layout.use": True,
    "figure.dpi": 100,
    "savefig.dpi": 200,
    "font.size": 9,
    "axes.titlesize": 9,
    "axes.titleweight": "bold",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#E3E3E3",
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "lines.linewidth": 1.4,
    "pdf.fonttype": 42,
}
WIDTH = 7.2  # inches: two columns of a paper
LABEL_LINE = 120  # characters that fit the width


@contextmanager
def figure_file(output, label: str) -> Iterator[Figure]:
    """A figure to draw on; saved as `output.pdf` and `output.png` with `label` (scale, data, seeds) below it."""
    with plt.rc_context(STYLE):
        figure = plt.figure(figsize=(WIDTH, 3.2))
        yield figure
        figure.supxlabel("\n".join(wrap(label, LABEL_LINE)), fontsize=7, color=COLOURS["grey"], x=0.995, ha="right")
        figure.savefig(output.png)
        # Without the date, equal data makes an equal file.
        figure.savefig(output.pdf, metadata={"CreationDate": None})
        plt.close(figure)
