"""Which metrics changed between two runs, as a Markdown table."""

import json
from pathlib import Path

import pandas as pd

from archdyn.errors import ArchdynError
from archdyn.render.words import significant
from archdyn.workflow.compare import changes


def diff_text(run_a: Path, run_b: Path, spreads: float) -> str:
    """Markdown that says which metrics changed from one run to the other, and at which commits each was made.

    run_a, run_b: folders of results, or names of runs in results/. Raises ArchdynError for a run that does not exist.
    """
    folder_a, folder_b = run_folder(run_a), run_folder(run_b)
    lines = [f"- {name}: `{folder}`, at {commits(folder)}" for name, folder in (("A", folder_a), ("B", folder_b))]
    counted, table = changed_metrics(folder_a, folder_b, spreads)
    shown = ["", table.to_markdown(index=False, disable_numparse=True)] if len(table) else []
    return "\n".join([*lines, "", counted, *shown])


def changed_metrics(folder_a: Path, folder_b: Path, spreads: float) -> tuple[str, pd.DataFrame]:
    """How many metrics differ by more than `spreads`, in a sentence, and a row of text for each of them."""
    first, second = _summaries(folder_a), _summaries(folder_b)
    found = changes(first, second, spreads)
    counted = f"{len(found)} of {max(len(first), len(second))} metrics differ by more than {spreads:g} spreads."
    return counted, pd.DataFrame(map(change_row, found.to_dict("records")))


def change_row(change: dict) -> dict:
    """A row of `changes` as text, by column."""
    in_spreads = change["in_spreads"]
    return {
        "experiment": change["experiment"],
        "condition": change["condition"],
        "metric": change["metric"],
        "A": _shown(change, "a"),
        "B": _shown(change, "b"),
        "difference": "–" if pd.isna(in_spreads) else significant(change["difference"]),
        "in spreads": "–" if pd.isna(in_spreads) else "one seed" if in_spreads == float("inf") else f"{in_spreads:.1f}",
    }


def _shown(change: dict, run: str) -> str:
    if pd.isna(change[f"mean_{run}"]):
        return "–"
    return f"{significant(change[f'mean_{run}'], change[f'sd_{run}'])} (n = {change[f'n_{run}']:.0f})"


def run_folder(run: Path) -> Path:
    """A folder of results, or the one of that name in results/. Raises ArchdynError where there is neither."""
    for folder in (run, Path("results") / run):
        if folder.is_dir():
            return folder
    raise ArchdynError(f"{run}: no such folder, nor results/{run}")


def _summaries(folder: Path) -> pd.DataFrame:
    files = sorted(folder.glob("*/metrics/summary.csv"))
    if not files:
        raise ArchdynError(f"{folder}: has no */metrics/summary.csv")
    return pd.concat(map(pd.read_csv, files), ignore_index=True)


def commits(folder: Path) -> str:
    """At which commits the metrics of a run were made."""
    records = sorted(folder.glob("*/metrics/summary.provenance.json"))
    found = {json.loads(record.read_text())["commit"] for record in records}
    return ", ".join(sorted(found)) or "an unknown commit"
