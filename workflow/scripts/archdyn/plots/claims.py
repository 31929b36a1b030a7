"""The overview of all tests of all claims."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from archdyn.plots.style import COLOURS

DECIDED = {
    "holds": ("green", "o", "as claimed"),
    "fails": ("red", "s", "not as claimed"),
    "undecided": ("grey", "d", "undecided"),
}
PROTOCOLS = {"published": "published protocol", "corrected": "corrected protocol"}
LETTERS = 62  # of a claim, in a line


def overview(figure: Figure, tests: pd.DataFrame) -> None:
    """A row per claim, a panel per protocol; tests: label, protocol, decision, and what `metrics.margins` adds."""
    labels = list(dict.fromkeys(tests["label"]))
    rows = {label: -number for number, label in enumerate(labels)}
    figure.set_size_inches(figure.get_figwidth(), 1.2 + 0.19 * max(len(labels), 3))
    panels = figure.subplots(1, len(PROTOCOLS), sharey=True)
    for axes, (protocol, title) in zip(panels, PROTOCOLS.items(), strict=True):
        for decision, (colour, mark, meaning) in DECIDED.items():
            of_kind = tests[(tests["protocol"] == protocol) & (tests["decision"] == decision)]
            heights = of_kind["label"].map(rows).to_numpy(float) - _apart(of_kind)
            axes.hlines(heights, of_kind["near"], of_kind["far"], color=COLOURS[colour], linewidth=1.2)
            axes.plot(of_kind["distance"], heights, mark, color=COLOURS[colour], ms=4, linestyle="", label=meaning)
        axes.axvline(0, color="black", linewidth=1)
        axes.set_xscale("symlog", linthresh=1)
        axes.set_xticks([-100, -10, -1, 0, 1, 10, 100], ["-100", "-10", "-1", "0", "1", "10", "100"], fontsize=7)
        axes.set(title=title, xlim=(-1500, 1500), ylim=(-len(labels) + 0.4, 0.6))
    panels[0].set_yticks(list(rows.values()), [_clipped(label) for label in labels], fontsize=7)
    figure.supxlabel("distance from the bound (half-widths of the interval)", fontsize=8)
    handles, names = panels[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside upper center", ncols=3)


def _apart(tests: pd.DataFrame) -> np.ndarray:
    """Tests of one claim a little below one another."""
    places, counts = tests.groupby("label").cumcount(), tests.groupby("label")["label"].transform("size")
    return 0.5 * ((places + 0.5) / counts - 0.5).to_numpy(float)


def _clipped(label: str) -> str:
    return label if len(label) <= LETTERS else f"{label[: LETTERS - 1]}…"
