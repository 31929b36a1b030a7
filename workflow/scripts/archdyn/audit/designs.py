"""The paragraph on a design: which effects its runs show, every number a link to where it stands."""

import os
from pathlib import Path

import numpy as np
import pandas as pd

from archdyn.audit.prose import Lookup, link
from archdyn.render.words import in_words, significant

MAIN_EFFECTS, INTERACTIONS = 3, 1  # so many that are found are told of each outcome


def design_names(name: str, settings: dict, effects: Path, run_folder: Path, settings_link: tuple[str, str]) -> Lookup:
    """What the prose on the design `name` may use: name, about, factors, seeds, along, outcomes with name and found.

    settings: of the design; they stand under its name at `settings_link`, a file and a place in it. effects: what
    `archdyn.designs.effects.design_effects` finds, or `archdyn.designs.sizes.effects_by_size` where it has a scale.
    """
    file, place = settings_link
    found = pd.read_csv(effects)
    source = os.path.relpath(effects, run_folder / "audit")
    factors = {name: f"factors.{name}" for name in settings["factors"]}
    if len(settings["conditions"]) > 1:
        factors = {"condition": "conditions"} | factors
    listed = {"condition": settings["conditions"]} | settings["factors"]
    levels = [f"`{name}` ({link(_levels(listed[name]), file, f'{place}.{key}')})" for name, key in factors.items()]
    tell = _by_size if settings["scale"] else _found
    entries = {
        "name": name,
        "about": settings["about"],
        "factors": ", ".join(levels),
        "seeds": link(_levels(settings["seeds"]), file, f"{place}.seeds"),
        "along": f"`{settings['scale']['along']}`" if settings["scale"] else "",
        "outcomes": [
            {"name": in_words(outcome), "found": tell(rows, source)}
            for outcome, rows in found.groupby("outcome", sort=False)
        ],
    }
    return Lookup("design", entries)


def _levels(levels: list | dict) -> str:
    return ", ".join(map(str, levels))


def _found(effects: pd.DataFrame, source: str) -> str:
    none = 1.0 if effects["scale"].iloc[0] == "ratio" else 0.0
    clear = effects[(effects["low"] > none) | (effects["high"] < none)]
    size = (np.log(clear["effect"]) if none else clear["effect"]).abs()
    strongest = clear.assign(size=size).sort_values(["share", "size"], ascending=False).drop_duplicates("term")
    told = pd.concat(
        [
            strongest[strongest["kind"] == kind].head(n)
            for kind, n in (("main", MAIN_EFFECTS), ("interaction", INTERACTIONS))
        ]
    )
    return "; ".join(_told(row, source) for row in told.itertuples()) or "none is found"


def _told(row, source: str) -> str:
    """The contrast with its effect, interval and share of the variance."""
    share = f"{100 * row.share:.0f}% of the variance"
    return f"`{row.term}` {link(f'{row.contrast}: {_effect(row)}, {share}', source, _place(row))}"


def _by_size(effects: pd.DataFrame, source: str) -> str:
    """The effect at each size with the decision there."""
    return "; ".join(
        link(f"{row.contrast}: {_effect(row)}, {row.decision}", source, _place(row)) for row in effects.itertuples()
    )


def _effect(row) -> str:
    times, sign = ("×", "") if row.scale == "ratio" else ("", "+" * (row.effect > 0))
    interval = "no spread" if pd.isna(row.low) else f"{significant(row.low)} to {significant(row.high)}"
    return f"{times}{sign}{significant(row.effect)} ({interval})"


def _place(row) -> str:
    return f"{row.outcome}, {row.term}, {row.contrast}"
