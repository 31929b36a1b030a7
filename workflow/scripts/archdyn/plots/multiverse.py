"""How far the verdicts depend on the choices of their analyst."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from archdyn.plots.style import COLOURS

ROW, FRAME, HEIGHT = 0.15, 1.2, 10.2  # inches; the whole is to fit a page


def multiverse(figure: Figure, verdicts: pd.DataFrame) -> None:
    """A row per claim that the run can test: its verdict, and under what share of the choices it stands.

    verdicts: experiment, id, verdict, robust ("80% of 10 (3 own)"; a dash where the claim is not testable here).
    """
    share = verdicts["robust"].str.extract(r"(\d+)%")[0].astype(float)
    shown = verdicts[share.notna()].assign(share=share)
    figure.set_size_inches(figure.get_figwidth(), min(HEIGHT, FRAME + ROW * max(len(shown), 3)))
    axes = figure.subplots()
    axes.barh(np.arange(len(shown)), shown["share"], height=0.7, color=COLOURS["sky"], alpha=0.6)
    for row, text in enumerate(shown["verdict"] + ", " + shown["robust"]):
        axes.text(1, row, text, va="center", fontsize=7)
    names = [f"{claim} ({experiment})" for experiment, claim in zip(shown["experiment"], shown["id"], strict=True)]
    axes.set_yticks(np.arange(len(shown)), names, fontsize=7)
    axes.set(xlim=(0, 100), ylim=(max(len(shown), 3) - 0.4, -0.6), xlabel="choices under which the verdict stands (%)")
