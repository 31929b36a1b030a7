"""The effects of the factors of a design, all of them or one along the size of the data."""

from textwrap import fill

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from archdyn.render.style import COLOURS, few_logarithmic_ticks
from archdyn.render.words import in_words

ROW = 0.19  # inches
FRAME = 1.4  # inches above and below the rows
LABEL = 42  # characters that fit under all panels together
HIGH = 34  # characters that fit beside a panel
NONE = {"difference": 0.0, "ratio": 1.0}  # the effect that is none
DECISIONS = {  # of archdyn.claims: words, edge, face
    "holds": ("holds", COLOURS["blue"], COLOURS["blue"]),
    "fails": ("the opposite", COLOURS["red"], COLOURS["red"]),
    "undecided": ("undecided", COLOURS["blue"], "white"),
}
ALONG = {"images": "training images", "share": "share of the run's training images"}
KINDS = {"main": ("main effect", COLOURS["blue"]), "interaction": ("interaction", COLOURS["orange"])}


def design(figure: Figure, inputs, settings: dict) -> None:
    """The figure of a design; `scale` of the settings says whether it follows one effect over several sizes."""
    draw = effects_by_size if settings["scale"] else effects_by_outcome
    draw(figure, pd.read_csv(inputs.effects))


def effects_by_outcome(figure: Figure, effects: pd.DataFrame) -> None:
    """A panel per outcome, a row per contrast, as `archdyn.designs.effects.design_effects` has them.

    Filled marks are effects whose interval leaves out that of no effect.
    """
    outcomes = list(effects["outcome"].unique())
    rows = effects[effects["outcome"] == outcomes[0]]
    figure.set_size_inches(figure.get_figwidth(), FRAME + ROW * len(rows))
    panels = figure.subplots(1, len(outcomes), sharey=True, squeeze=False)[0]
    for axes, outcome in zip(panels, outcomes, strict=True):
        _panel(axes, effects[effects["outcome"] == outcome], LABEL // len(outcomes))
    panels[0].set_yticks(range(len(rows)), rows["term"] + ": " + rows["contrast"], fontsize=7)
    panels[0].invert_yaxis()
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=len(handles))


def effects_by_size(figure: Figure, effects: pd.DataFrame) -> None:
    """A panel per outcome: the effect at each size, as `archdyn.designs.sizes.effects_by_size` has it.

    The marks are coloured by the decision; the ground is shaded from where on it always does.
    """
    outcomes = list(effects["outcome"].unique())
    panels = figure.subplots(1, len(outcomes), squeeze=False)[0]
    for axes, outcome in zip(panels, outcomes, strict=True):
        _size_panel(axes, effects[effects["outcome"] == outcome])
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=len(handles))


def _size_panel(axes: Axes, rows: pd.DataFrame) -> None:
    first = rows.iloc[0]
    axes.axhline(NONE[first["scale"]], color=COLOURS["grey"], linewidth=1)
    reported = f"the report: {_size(first['along'], first['report'])}"
    axes.axvline(first["report"], color=COLOURS["purple"], linestyle="--", linewidth=1, label=reported)
    bottom, top = _limits(rows)
    for row in rows.itertuples():
        _draw_interval(axes, row.size, (row.low, row.high), (bottom, top), COLOURS["blue"], upright=True)
    axes.plot(rows["size"], rows["effect"], "-", color=COLOURS["blue"], linewidth=0.8)
    for decision, (words, colour, face) in DECISIONS.items():
        chosen = rows[rows["decision"] == decision]
        axes.plot(chosen["size"], chosen["effect"], "o", ms=5, color=colour, mfc=face, label=words)
    axes.set_xscale("log")
    axes.set_xticks(rows["size"], [f"{size:,g}" for size in rows["size"]])
    axes.minorticks_off()
    axes.margins(x=0.1)
    axes.set_xlabel(ALONG.get(first["along"], first["along"]))
    axes.set_ylabel(fill(f"{in_words(first['outcome'])}, {first['scale']}", HIGH))
    if first["scale"] == "ratio":
        axes.set_yscale("log")
    axes.set_ylim(bottom, top)
    if first["scale"] == "ratio":
        few_logarithmic_ticks(axes.yaxis)
    if pd.notna(first["holds_from"]):
        axes.axvspan(first["holds_from"], rows["size"].max(), color=COLOURS["sky"], alpha=0.15, linewidth=0)
    axes.set_title(_told(rows), fontsize=8)


def _told(rows: pd.DataFrame) -> str:
    """In words, from which size on the claim holds."""
    *_, largest = rows.itertuples()
    if pd.isna(largest.holds_from):
        return f"{DECISIONS[largest.decision][0]} at {_size(largest.along, largest.size)}"
    if largest.holds_from == rows["size"].min():
        return "holds at every size"
    holds_from = _size(largest.along, largest.holds_from)
    return f"holds at {holds_from} alone" if largest.holds_from == largest.size else f"holds from {holds_from} on"


def _size(along: str, size: float) -> str:
    """In words: 2,000 images, or a share of 0.1."""
    return f"a share of {size:g}" if along == "share" else f"{size:,g} {along}"


def _panel(axes: Axes, effects: pd.DataFrame, width: int) -> None:
    outcome, scale = effects["outcome"].iloc[0], effects["scale"].iloc[0]
    none, limits = NONE[scale], _limits(effects)
    axes.axvline(none, color=COLOURS["grey"], linewidth=1)
    for words, colour in KINDS.values():
        axes.plot([], [], "o-", ms=4, color=colour, label=words)
    for place, row in enumerate(effects.itertuples()):
        colour = KINDS[row.kind][1]
        _draw_interval(axes, place, (row.low, row.high), limits, colour)
        face = "white" if row.low <= none <= row.high else colour
        axes.plot(row.effect, place, "o", ms=4, color=colour, mfc=face)
    axes.set_xlabel(fill(f"{in_words(outcome)}, {scale}", width), fontsize=8)
    axes.tick_params(axis="x", labelsize=7)
    if scale == "ratio":
        axes.set_xscale("log")
    axes.set_xlim(*limits)
    if scale == "ratio":
        few_logarithmic_ticks(axes.xaxis)
    else:
        axes.locator_params(axis="x", nbins=3)


def _limits(effects: pd.DataFrame) -> tuple[float, float]:
    """The ends of an axis: all effects, that of none, and intervals up to as far out again as these span.

    One interval of few seeds can be many orders of magnitude wide, and would leave nothing to see of the others. Where
    all are wide, every second one is seen whole.
    """
    scale = effects["scale"].iloc[0]
    to, back = (np.log, np.exp) if scale == "ratio" else (np.asarray, float)
    points = to(np.append(effects["effect"], NONE[scale]))
    with np.errstate(divide="ignore"):
        ends = to(effects[["low", "high"]].to_numpy(float))
    beyond = np.maximum(points.min() - ends[:, 0], ends[:, 1] - points.max())
    finite = beyond[np.isfinite(beyond)]
    reach = max(np.ptp(points), np.median(finite) if finite.size else 0.0, 1e-9)
    ends = np.append(np.clip(ends, points.min() - reach, points.max() + reach), points)
    low, high = np.nanmin(ends), np.nanmax(ends)
    return back(low - 0.06 * (high - low)), back(high + 0.06 * (high - low))


def _draw_interval(
    axes: Axes,
    place: float,
    interval: tuple[float, float],
    limits: tuple[float, float],
    colour: str,
    upright: bool = False,
) -> None:
    """An interval at `place` on the other axis, with a mark at each end of its own axis that it reaches beyond."""
    (first, last), marks = limits, "v^" if upright else "<>"
    lines = [(np.clip(interval, first, last), "-")]
    if interval[0] < first:
        lines.append(([first], marks[0]))
    if interval[1] > last:
        lines.append(([last], marks[1]))
    for values, style in lines:
        xy = values, [place] * len(values)
        axes.plot(*(xy[::-1] if upright else xy), style, color=colour, linewidth=1.2, ms=4)
