"""The runs in a folder of results: what each holds, what of it is stale, and what differs between two."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd

from archdyn.errors import ArchdynError
from archdyn.render.words import significant
from archdyn.workflow.files import walk
from archdyn.workflow.record import RECORD, RESULTS, read_record
from archdyn.workflow.verify import changed_code

KEY = ["experiment", "condition", "metric"]
ROUNDING = 1e-6  # relative; less is the arithmetic of another machine


def run_folder(run: Path) -> Path:
    """A folder of results, or the one of that name in results/. Raises ArchdynError where there is neither."""
    for folder in (run, Path(RESULTS) / run):
        if folder.is_dir():
            return folder
    raise ArchdynError(f"{run}: no such folder, nor {RESULTS}/{run}")


def runs_text(results: Path) -> str:
    """A Markdown table with a row per run. Raises ArchdynError where there is none."""
    runs = sorted({path.parents[2] for path in results.glob("*/*/metrics/summary.csv")})
    if not runs:
        raise ArchdynError(f"{results}: has no <run>/<experiment>/metrics/summary.csv")
    return _markdown(map(_run_row, runs))


def diff_text(run_a: Path, run_b: Path, spreads: float) -> str:
    """Markdown that says which metrics changed from one run to the other, and at which commits each was made.

    run_a, run_b: folders of results, or names of runs in results/. Raises ArchdynError for a run that does not exist.
    """
    folder_a, folder_b = run_folder(run_a), run_folder(run_b)
    lines = [f"- {name}: `{folder}`, at {_commits(folder)}" for name, folder in (("A", folder_a), ("B", folder_b))]
    first, second = _summaries(folder_a), _summaries(folder_b)
    found = changes(first, second, spreads)
    counted = f"{len(found)} of {max(len(first), len(second))} metrics differ by more than {spreads:g} spreads."
    shown = ["", _markdown(map(_change_row, found.to_dict("records")))] if len(found) else []
    return "\n".join([*lines, "", counted, *shown])


def changes(first: pd.DataFrame, second: pd.DataFrame, spreads: float) -> pd.DataFrame:
    """The metrics whose means differ by more than `spreads` times the spread, the strongest change first.

    first, second: rows of summary.csv (experiment, condition, metric, mean, sd, n). The spread is the root of the sum
    of both variances; where neither run has one (a single seed), every difference counts. Returns KEY, the columns of
    both runs with the suffixes _a and _b, difference and in_spreads (inf without a spread; NaN for a metric that only
    one run has).
    """
    both = first.merge(second, on=KEY, how="outer", suffixes=("_a", "_b"))
    spread = np.hypot(both["sd_a"].fillna(0), both["sd_b"].fillna(0))
    both["difference"] = both["mean_b"] - both["mean_a"]
    size = both["difference"].abs()
    rounding = ROUNDING * both[["mean_a", "mean_b"]].abs().max(axis=1)
    both["in_spreads"] = (size / spread.where(spread > 0)).fillna(np.inf).where(size.notna())
    changed = (size > spreads * spread) & (size > rounding)
    in_one_run_only = both["mean_a"].isna() ^ both["mean_b"].isna()
    return both[changed | in_one_run_only].sort_values("in_spreads", ascending=False, kind="stable")


def _markdown(rows: Iterable[dict]) -> str:
    return pd.DataFrame(rows).to_markdown(index=False, disable_numparse=True)


def _run_row(run: Path) -> dict[str, str]:
    """What `runs_text` says of a run, by column."""
    paths = [path for path in walk(run) if path.name.endswith(f".{RECORD}")]
    records = [facts for facts in map(read_record, paths) if facts]
    latest = max(path.stat().st_mtime for path in paths)
    tables = map(pd.read_csv, sorted(run.glob("*/tables/verdicts.csv")))
    verdicts = Counter(verdict for table in tables for verdict in table["verdict"])
    return {
        "run": run.name,
        "experiments": ", ".join(path.parents[1].name for path in sorted(run.glob("*/metrics/summary.csv"))),
        "commit": ", ".join(sorted({_short(facts["commit"]) for facts in records})),
        "made (UTC)": datetime.fromtimestamp(latest, UTC).strftime("%Y-%m-%d %H:%M"),
        "verdicts": ", ".join(f"{count} {verdict}" for verdict, count in verdicts.items()) or "–",
        "stale": f"{sum(bool(changed_code(facts)) for facts in records)} of {len(records)}",
    }


def _change_row(change: dict) -> dict:
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


def _summaries(folder: Path) -> pd.DataFrame:
    files = sorted(folder.glob("*/metrics/summary.csv"))
    if not files:
        raise ArchdynError(f"{folder}: has no */metrics/summary.csv")
    return pd.concat(map(pd.read_csv, files), ignore_index=True)


def _commits(folder: Path) -> str:
    """At which commits the metrics of a run were made."""
    found = {read_record(path)["commit"] for path in sorted(folder.glob(f"*/metrics/summary.{RECORD}"))}
    return ", ".join(sorted(found)) or "an unknown commit"


def _short(commit: str) -> str:
    return commit[:7] + ("-dirty" if commit.endswith("-dirty") else "")
