"""One look for all figures."""

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from textwrap import wrap

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.font_manager import get_font_names
from matplotlib.ticker import FuncFormatter, LogFormatterSciNotation, LogLocator, MaxNLocator, NullFormatter

from archdyn.errors import ArchdynError
from archdyn.render.words import clipped

matplotlib.use("Agg")


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
    "text.parse_math": False,  # a dollar in a user's name is a dollar
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
# For names that DejaVu Sans, matplotlib's own font, cannot write: the first of these that is installed.
FURTHER_FONTS = ("Noto Sans CJK JP", "Noto Sans CJK SC", "Source Han Sans", "WenQuanYi Zen Hei", "Droid Sans Fallback")
SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
POWER_OF_TEN = re.compile(r"\$\\mathdefault\{(?P<times>.*)10\^\{(?P<power>-?\d+)\}\}\$")
WIDTH = 7.2  # inches: two columns of a paper
LABEL_LINE = 120  # characters that fit the width


@contextmanager
def figure_file(output, label: str) -> Iterator[Figure]:
    """A figure to draw on; saved as `output.pdf` and `output.png`.

    `label` (scale, data, seeds) stands below it.

    Raises ArchdynError when no installed font can write a name.
    """
    with _our_settings():
        figure = plt.figure(figsize=(WIDTH, 3.2))
        yield figure
        figure.supxlabel("\n".join(wrap(label, LABEL_LINE)), fontsize=7, color=COLOURS["grey"], x=0.995, ha="right")
        _label_logarithmic_axes(figure)
        _save(figure, output)
        plt.close(figure)


@contextmanager
def _our_settings() -> Iterator[None]:
    """matplotlib's own and STYLE, whatever the user's matplotlibrc says; but for hooks, which look at figures."""
    with plt.rc_context():
        hooks = plt.rcParams["figure.hooks"]
        matplotlib.rcdefaults()
        fonts = ["DejaVu Sans", *(name for name in FURTHER_FONTS if name in set(get_font_names()))]
        plt.rcParams.update(STYLE | {"font.family": fonts, "figure.hooks": hooks})
        yield


def epoch_axis(axes: Axes) -> None:
    """Whole epochs only."""
    axes.set_xlabel("epoch")
    axes.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True, min_n_ticks=1))


def line_with_band(axes: Axes, x, middle, low, high, colour: str, alpha: float = 0.2, **line) -> None:
    """A line of `middle` over `x`, with a band from `low` to `high`; `line` is its style and label."""
    axes.fill_between(x, low, high, color=colour, alpha=alpha, linewidth=0)
    axes.plot(x, middle, color=colour, **line)


def few_logarithmic_ticks(axis: Axis) -> None:
    """A logarithmic axis of a narrow panel, with its data in it: a few round numbers, or powers of ten."""
    low, high = axis.get_view_interval()
    within_a_decade = high / low < 10
    subs = (1, 2, 5) if high / low < 30 else (1,)
    axis.set_major_locator(MaxNLocator(nbins=3) if within_a_decade else LogLocator(subs=subs))
    axis.set_minor_formatter(NullFormatter())
    readable = low >= 1e-3 and high < 1e4
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}") if readable else PowersOfTen())


class PowersOfTen(LogFormatterSciNotation):
    """10⁻³ without the markup of mathematics, which is off."""

    def __call__(self, x, pos=None) -> str:
        """The label of a tick."""
        found = POWER_OF_TEN.fullmatch(super().__call__(x, pos))
        if not found:
            return ""
        return found["times"].replace(r"\times", "×") + "10" + found["power"].translate(SUPERSCRIPTS)


def _label_logarithmic_axes(figure: Figure) -> None:
    for axis in (axis for axes in figure.axes for axis in (axes.xaxis, axes.yaxis)):
        if isinstance(axis.get_major_formatter(), LogFormatterSciNotation):
            axis.set_major_formatter(PowersOfTen())
        if isinstance(axis.get_minor_formatter(), LogFormatterSciNotation):
            axis.set_minor_formatter(PowersOfTen())


def _save(figure: Figure, output) -> None:
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message="Glyph .* missing from font")
        try:
            figure.savefig(output.png)
            # Without the date, equal data makes an equal file.
            figure.savefig(output.pdf, metadata={"CreationDate": None})
        except UserWarning as warning:
            glyph = re.search(r"Glyph (\d+)", str(warning))
            raise ArchdynError(
                f"no installed font has the character {chr(int(glyph[1]))!r} of a name in this figure; install one, "
                f"such as {FURTHER_FONTS[0]} (fonts-noto-cjk on Debian), or change the name"
            ) from None


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
LEGEND, TICKS = 30, 20  # classes that a legend, and an axis, have room for
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
    """The classes of `axes` above all panels, with marks large enough to be told apart; of many, the first ones."""
    handles, names = axes.get_legend_handles_labels()
    shown = [clipped(name, 20) for name in names[:LEGEND]]
    more = f"the first {LEGEND} of {len(names)} classes" if len(names) > LEGEND else None
    style = {"title": "; ".join(filter(None, [style.pop("title", None), more])) or None, "title_fontsize": 8} | style
    legend = figure.legend(handles[:LEGEND], shown, loc="outside upper center", ncols=5, fontsize=7, **style)
    for mark in legend.legend_handles:
        mark.set_markersize(5)


def class_ticks(axis: Axis, classes: list[str], **style) -> None:
    """The classes along an axis whose places are their numbers; of many, as many names as fit, evenly spaced."""
    step = -(-len(classes) // TICKS)
    places = range(0, len(classes), step)
    axis.set_ticks(places, [clipped(classes[place]) for place in places], fontsize=7, **style)
