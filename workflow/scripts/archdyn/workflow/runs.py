"""The runs in a folder of results: what each holds, of when, and how much of it the present code would make anew."""

import csv
import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from archdyn.errors import ArchdynError
from archdyn.workflow.record import changed_code


def runs_text(results: Path) -> str:
    """A Markdown table with a row per run. Raises ArchdynError where there is none."""
    runs = sorted({path.parents[2] for path in results.glob("*/*/metrics/summary.csv")})
    if not runs:
        raise ArchdynError(f"{results}: has no <run>/<experiment>/metrics/summary.csv")
    heading = ("run", "experiments", "commit", "made (UTC)", "verdicts", "stale")
    return "\n".join(_row(cells) for cells in (heading, ("---",) * len(heading), *map(_cells, runs)))


def _cells(run: Path) -> tuple[str, ...]:
    paths = sorted(run.rglob("*.provenance.json"))
    records = [json.loads(path.read_text()) for path in paths]
    verdicts = Counter(
        row["verdict"] for path in sorted(run.glob("*/tables/verdicts.csv")) for row in csv.DictReader(path.open())
    )
    latest = max(path.stat().st_mtime for path in paths)
    return (
        run.name,
        ", ".join(path.parents[1].name for path in sorted(run.glob("*/metrics/summary.csv"))),
        ", ".join(sorted({_short(record["commit"]) for record in records})),
        datetime.fromtimestamp(latest, UTC).strftime("%Y-%m-%d %H:%M"),
        ", ".join(f"{count} {verdict}" for verdict, count in verdicts.items()) or "–",
        f"{sum(bool(changed_code(record)) for record in records)} of {len(records)}",
    )


def _short(commit: str) -> str:
    return commit[:7] + ("-dirty" if commit.endswith("-dirty") else "")


def _row(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"
