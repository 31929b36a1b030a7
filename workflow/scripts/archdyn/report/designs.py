"""The paragraph on a design: which effects its runs show, every number a link to where it stands."""

import os
from pathlib import Path

import pandas as pd

from archdyn.numbers.format import significant
from archdyn.report.prose import Lookup, link

MAIN_EFFECTS, INTERACTIONS = 3, 1  # so many that are found are told of each outcome


def design_names(name: str, settings: dict, effects: Path, run_folder: Path, settings_link: str) -> Lookup:
    """What the prose on the design `name` may use: name, about, factors, seeds, and outcomes with name and found.

    settings: of the design; they stand under its name at `settings_link`, a file and a place in it. effects: the file
    that `archdyn.metrics.designs.design_effects` fills.
    """
    file, place = settings_link
    found = pd.read_csv(effects)
    source = os.path.relpath(effects, run_folder / "report")
    levels = [
        f"`{factor}` ({link(_levels(own), file, f'{place}.factors.{factor}')})"
        for factor, own in settings["factors"].items()
    ]
    outcomes = [
        {"name": f"`{outcome}`", "found": _found(rows, source)}
        for outcome, rows in found.groupby("outcome", sort=False)
    ]
    entries = {"about": settings["about"], "factors": ", ".join(levels), "outcomes": outcomes, "name": name}
    seeds = link(", ".join(map(str, settings["seeds"])), file, f"{place}.seeds")
    return Lookup("design", entries | {"seeds": seeds})


def _levels(levels: list | dict) -> str:
    return ", ".join(map(str, levels))


def _found(effects: pd.DataFrame, source: str) -> str:
    none = 1.0 if effects["scale"].iloc[0] == "ratio" else 0.0
    clear = effects[(effects["low"] > none) | (effects["high"] < none)]
    strongest = clear.sort_values("share", ascending=False, kind="stable").drop_duplicates("term")
    told = pd.concat(
        [
            strongest[strongest["kind"] == kind].head(n)
            for kind, n in (("main", MAIN_EFFECTS), ("interaction", INTERACTIONS))
        ]
    )
    return "; ".join(_told(row, source) for row in told.itertuples()) or "none is found"


def _told(row, source: str) -> str:
    """The contrast with its effect, interval and share of the variance."""
    times, sign = ("×", "") if row.scale == "ratio" else ("", "+" * (row.effect > 0))
    place = f"{row.outcome}, {row.term}, {row.contrast}"
    effect = f"{times}{sign}{significant(row.effect)} ({significant(row.low)} to {significant(row.high)})"
    share = f"{100 * row.share:.0f}% of the variance"
    return f"`{row.term}` {link(f'{row.contrast}: {effect}, {share}', source, place)}"
