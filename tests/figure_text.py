"""What is wrong with the text of a matplotlib figure, as it was drawn.

A run with the path of `rc_file` in MATPLOTLIBRC, and this folder in PYTHONPATH, has every figure looked at as it is
saved, at the cost of milliseconds. The findings lie beside the rc file.
"""

import os
from itertools import combinations
from pathlib import Path

from matplotlib.backend_bases import RendererBase
from matplotlib.figure import Figure
from matplotlib.text import Text

SMALLEST = 7  # points
TOLERANCE = 0.01  # inches: boxes of text have a little air around the letters


def text_faults(figure: Figure, renderer: RendererBase | None = None) -> list[str]:
    """A line for each text that is too small, leaves the figure, or overlaps another one, in a figure that was drawn.

    Boxes are upright: text at a slant takes more room here than its letters do.
    """
    boxes = [(text, text.get_window_extent(renderer).padded(-TOLERANCE * figure.dpi)) for text in _drawn(figure)]
    width, height = figure.bbox.size
    small = [f"{_name(text)} has {text.get_fontsize():g} pt" for text, _ in boxes if text.get_fontsize() < SMALLEST]
    outside = [
        f"{_name(text)} leaves the figure"
        for text, box in boxes
        if box.x0 < 0 or box.y0 < 0 or box.x1 > width or box.y1 > height
    ]
    overlaps = [
        f"{_name(first)} overlaps {_name(second)}"
        for (first, one), (second, other) in combinations(boxes, 2)
        if one.x0 < other.x1 and other.x0 < one.x1 and one.y0 < other.y1 and other.y0 < one.y1
    ]
    return small + outside + overlaps


def rc_file(folder: Path) -> Path:
    """A matplotlibrc in `folder` with which every figure that is saved leaves its faults there."""
    path = folder / "matplotlibrc"
    path.write_text("figure.hooks: figure_text:watch\n")
    return path


def watch(figure: Figure) -> None:
    """Have `figure` write its faults, a line each, to `<experiment>_<name>.txt` beside the rc file when it is saved."""
    faults = {}

    def look(event) -> None:
        faults.update(dict.fromkeys(text_faults(figure, event.renderer)))

    def save(path: Path, **options) -> None:
        Figure.savefig(figure, path, **options)
        name = f"{path.parts[-3]}_{path.stem.removeprefix('.partial-')}.txt"
        (Path(os.environ["MATPLOTLIBRC"]).parent / name).write_text("\n".join(faults))

    figure.canvas.mpl_connect("draw_event", look)
    figure.savefig = save


def _drawn(figure: Figure) -> list[Text]:
    unseen = set()
    for axes in figure.get_axes():
        for axis in (axes.xaxis, axes.yaxis):
            off = not (axes.axison and axis.get_visible())
            low, high = sorted(axis.get_view_interval())
            ticks = axis.get_major_ticks() + axis.get_minor_ticks()
            gone = [tick for tick in ticks if off or not low <= tick.get_loc() <= high]
            unseen.update(label for tick in gone for label in (tick.label1, tick.label2))
            unseen.update((axis.label, axis.offsetText) if off else ())
    texts = [text for text in figure.findobj(Text) if text.get_visible() and text.get_text().strip()]
    return [text for text in texts if text not in unseen]


def _name(text: Text) -> str:
    return repr(text.get_text().replace("\n", " / "))
