"""The panel of all claims."""

import altair as alt
import pandas as pd

from archdyn.panels.charts import chart_panel, rounded
from archdyn.plots.style import COLOURS

ROW = 17  # pixels
MARKS = {"holds": ("green", "circle"), "fails": ("red", "square"), "undecided": ("grey", "diamond")}
SAID = ["label", "verdict", "protocol", "what", "found", "rule", "because"]


def overview(tests: pd.DataFrame) -> dict:
    """Intervals about the line that the claims need; pointing says the rule, a click leads to the claim.

    tests: `label` (the claim), verdict, protocol, what, decision, `found` and `rule` in words, because, href, and what
    `metrics.margins` adds.
    """
    decisions = list(MARKS)
    rows = tests.assign(row=tests.groupby("label").cumcount())
    base = alt.Chart(rounded(rows[[*SAID, "row", "decision", "distance", "near", "far", "href"]])).encode(
        alt.Y("label:N", title=None, sort=None, axis=alt.Axis(ticks=False, domain=False)),
        alt.Color(
            "decision:N",
            scale=alt.Scale(domain=decisions, range=[COLOURS[colour] for colour, _ in MARKS.values()]),
            legend=alt.Legend(symbolOpacity=1),
        ),
        alt.YOffset("row:O"),
        tooltip=[f"{name}:N" for name in SAID],
        href="href:N",
    )
    scale = alt.Scale(type="symlog", constant=1)
    lines = base.mark_rule(strokeWidth=2, cursor="pointer").encode(
        alt.X("near:Q", title="distance from the bound (half-widths of the interval)", scale=scale), x2="far:Q"
    )
    marks = alt.Scale(domain=decisions, range=[mark for _, mark in MARKS.values()])
    points = base.mark_point(filled=True, size=70, opacity=1, cursor="pointer").encode(
        x="distance:Q", shape=alt.Shape("decision:N", scale=marks)
    )
    needed = alt.Chart().mark_rule(color="currentColor").encode(x=alt.datum(0))
    layers = alt.layer(needed) if rows.empty else alt.layer(needed, lines, points)
    height = ROW * max(1, rows["label"].nunique())
    return chart_panel(layers.properties(width="container", height=height))
