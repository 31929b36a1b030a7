"""Panels of curves and points: Vega-Lite by Altair. Text and lines have the colour of the page, light or dark."""

import altair as alt
import pandas as pd

from archdyn.plots.style import COLOURS

alt.data_transformers.disable_max_rows()  # the page holds the data anyway; its test bounds the size

DIGITS = 5  # of a number that is drawn
HEIGHT = 300  # pixels
CYCLE = [*COLOURS.values(), "#882255", "#999933", "#44AA99"]
DASHES = [[1, 0], [6, 3], [2, 2]]  # solid while the colours last, then others
SANS = "system-ui, sans-serif"


def training_curves(epochs: pd.DataFrame, metrics: dict[str, str]) -> dict:
    """One of several metrics by epoch, a line per condition and seed; the legend switches conditions.

    epochs: condition, seed, epoch, and the columns of `metrics`, which has each column's name for readers.
    """
    shown = epochs[["condition", "seed", "epoch", *metrics]].rename(columns=metrics)
    conditions = list(dict.fromkeys(shown["condition"]))
    metric = alt.param(
        "metric", bind=alt.binding_select(options=list(metrics.values()), name="metric "), value=shown.columns[3]
    )
    chosen = alt.selection_point("chosen", fields=["condition"], bind="legend")
    nearest = alt.selection_point("nearest", fields=["condition", "seed"], on="pointerover", nearest=True, empty=False)
    base = (
        alt.Chart(rounded(shown))
        .transform_calculate(value="datum[metric]")
        .transform_filter("isValid(datum.value)")
        .encode(
            alt.X("epoch:Q", title="epoch", axis=alt.Axis(tickMinStep=1, format="d")),
            alt.Y("value:Q", title=None, scale=alt.Scale(zero=False)),
            _colour("condition", conditions),
            _dash("condition", conditions),
            detail="seed:N",
            tooltip=["condition:N", "seed:N", "epoch:Q", alt.Tooltip("value:Q", format=".4~g")],
        )
    )
    lines = base.mark_line(strokeWidth=1.6).encode(
        opacity=alt.condition(chosen, alt.value(0.85), alt.value(0.06)),
        strokeWidth=alt.condition(nearest, alt.value(4), alt.value(1.6)),
    )
    points = base.mark_point(size=60, filled=True).encode(
        opacity=alt.condition(nearest & chosen, alt.value(1), alt.value(0))
    )
    chart = alt.layer(lines.add_params(chosen, metric), points.add_params(nearest))
    return chart_panel(chart.properties(width="container", height=HEIGHT))


def closing_gap(points: pd.DataFrame, accuracy: pd.DataFrame, classes: list[str]) -> dict:
    """Images and texts as the images move along the gap, beside the zero-shot accuracy.

    points: percent (of the gap that is closed), modality, label, x, y. accuracy: percent, accuracy (0..1).
    """
    steps = sorted(int(percent) for percent in accuracy["percent"])
    closed = alt.param(
        "closed",
        value=0,
        bind=alt.binding_range(min=steps[0], max=steps[-1], step=steps[1] - steps[0], name="gap closed (%) "),
    )
    named = points.assign(**{"class": points["label"].map(dict(enumerate(classes)))}).drop(columns="label")
    cloud = (
        alt.Chart(rounded(named))
        .transform_filter("datum.percent === closed")
        .mark_point(filled=True, opacity=0.85)
        .encode(
            alt.X("x:Q", title="along the gap (no unit)", scale=_reach(points["x"])),
            alt.Y("y:Q", title="across it (no unit)", scale=_reach(points["y"])),
            _colour("class", classes),
            shape=alt.Shape("modality:N", scale=alt.Scale(range=["circle", "diamond"])),
            size=alt.condition("datum.modality === 'text'", alt.value(220), alt.value(25)),
            tooltip=["modality:N", "class:N"],
        )
        .properties(width=270, height=HEIGHT)
    )
    line = alt.Chart(rounded(accuracy.assign(accuracy=100 * accuracy["accuracy"]))).encode(
        alt.X("percent:Q", title="gap closed (%)"),
        alt.Y("accuracy:Q", title="zero-shot accuracy (%)", scale=alt.Scale(zero=False)),
        tooltip=["percent:Q", alt.Tooltip("accuracy:Q", format=".4~g")],
    )
    now = line.transform_filter("datum.percent === closed").mark_point(size=140, filled=True, color=COLOURS["red"])
    curve = (line.mark_line(color=COLOURS["blue"]) + now).properties(width=230, height=HEIGHT)
    return chart_panel(alt.concat(cloud, curve, columns=2).add_params(closed))


def chart_panel(chart: alt.TopLevelMixin) -> dict:
    """The panel of a chart, on the page's ground and in its ink; its caption says what it shows."""
    ink = "currentColor"
    styled = chart.configure(background="transparent", font=SANS, aria=False).configure_view(stroke=None)
    styled = styled.configure_mark(aria=False)  # one picture with words, not hundreds without any
    styled = styled.configure_axis(
        labelColor=ink, titleColor=ink, tickColor=ink, domainColor=ink, gridColor=ink, gridOpacity=0.12
    )
    legend = {"orient": "bottom", "columns": 3, "labelLimit": 220, "title": None}
    return {"kind": "chart", "spec": styled.configure_legend(labelColor=ink, titleColor=ink, **legend).to_dict()}


def rounded(table: pd.DataFrame) -> pd.DataFrame:
    """The table with its numbers to a few digits, which is what a picture can show."""
    numbers = table.select_dtypes("float").columns
    return table.assign(**{name: table[name].map(lambda value: float(f"{value:.{DIGITS}g}")) for name in numbers})


def _colour(field: str, values: list[str]) -> alt.Color:
    colours = [CYCLE[number % len(CYCLE)] for number in range(len(values))]
    return alt.Color(f"{field}:N", scale=alt.Scale(domain=values, range=colours), sort=values)


def _dash(field: str, values: list[str]) -> alt.StrokeDash:
    """Tells apart what has the same colour."""
    dashes = [DASHES[number // len(CYCLE) % len(DASHES)] for number in range(len(values))]
    return alt.StrokeDash(f"{field}:N", scale=alt.Scale(domain=values, range=dashes), sort=values)


def _reach(values: pd.Series) -> alt.Scale:
    """The same scale for all positions of a slider."""
    margin = 0.05 * (values.max() - values.min())
    return alt.Scale(domain=[float(values.min() - margin), float(values.max() + margin)], nice=False)
