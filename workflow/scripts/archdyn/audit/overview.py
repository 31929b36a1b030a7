"""The overview of all tests of all claims."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from archdyn.render.style import COLOURS
from archdyn.render.words import significant

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


RELATIONS = {"at_least": "at least", "at_most": "at most"}


def described(tests: pd.DataFrame, verdicts: pd.DataFrame) -> pd.DataFrame:
    """The tests that have an interval, with their claim (`label`), its verdict, and its place on the page (`href`).

    `found` and `rule` say effect and bound in words.
    """
    of_claim = verdicts.set_index(["experiment", "id"])[["claim", "verdict"]].rename(columns={"claim": "label"})
    means = tests[tests["k"].isna() & np.isfinite(tests[["effect", "low", "high"]]).all(axis=1)]
    joined = means.join(of_claim, on=["experiment", "claim"])
    unit = joined["unit"].fillna("").map(lambda name: f" {name}" if name else "")
    return joined.assign(
        found=[_interval(*row) for row in zip(joined["effect"], joined["low"], joined["high"], unit, strict=True)],
        rule=[_rule(*row) for row in zip(joined["relation"], joined["bound"], unit, strict=True)],
        href="#" + joined["experiment"] + "-" + joined["claim"],
    )


def _interval(effect: float, low: float, high: float, unit: str) -> str:
    return f"{significant(effect)}{unit} ({significant(low)} to {significant(high)})"


def _rule(relation: str, bound: float, unit: str) -> str:
    return f"{RELATIONS[relation]} {significant(bound)}{unit}"


REACH = 1000.0  # half-widths, beyond which a distance says nothing more


def margins(tests: pd.DataFrame) -> pd.DataFrame:
    """The tests with `distance`, `near`, `far`: of effect and interval from the bound, in half-widths of the interval.

    Above 0 is as claimed, below it is not. tests: relation, bound, effect, low, high, decision, which has
    "untested" for what this run cannot test; that, and what has no interval, is left out.
    """
    tested = tests[(tests["decision"] != "untested") & np.isfinite(tests[["effect", "low", "high"]]).all(axis=1)]
    half = np.maximum((tested["high"] - tested["low"]) / 2, np.finfo(float).tiny)
    found = {name: (_beyond(tested, tested[name]) / half).clip(-REACH, REACH) for name in ("effect", "low", "high")}
    ends = pd.DataFrame({"low": found["low"], "high": found["high"]})
    return tested.assign(distance=found["effect"], near=ends.min(axis=1), far=ends.max(axis=1))


def _beyond(tests: pd.DataFrame, value: pd.Series) -> pd.Series:
    """The distance of values on the claim's side of the bound."""
    above = value - tests["bound"]
    of_relation = {"at_least": above, "at_most": -above}
    return sum(distance.where(tests["relation"] == name, 0.0) for name, distance in of_relation.items())
