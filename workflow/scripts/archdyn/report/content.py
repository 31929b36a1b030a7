"""Everything that the audit says, gathered once for its two forms."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from archdyn.claims.decide import VERDICTS
from archdyn.errors import ArchdynError
from archdyn.numbers.published import read_all_published
from archdyn.report import prose
from archdyn.report.designs import design_names
from archdyn.report.markdown import shown_results, title

TABLE_OF_VERDICTS = "tables/verdicts"
SETTINGS = "settings.json"


@dataclass(frozen=True)
class Result:
    """A table (its .csv) or a figure (its .png) in results/<run>/<experiment>/{tables,figures}."""

    file: Path
    origin: dict  # rule, script, modules, commit, inputs, caption, label

    @property
    def experiment(self) -> str:
        return self.file.parts[-3]

    @property
    def name(self) -> str:
        """What the prose calls it, as in figures/figure8."""
        return f"{self.file.parent.name}/{self.file.stem}"

    def content(self) -> dict:
        """All that the audit shows of it; a figure's picture stays in its file."""
        table = {}
        if self.file.suffix == ".csv":
            cells = pd.read_csv(self.file, dtype=str, keep_default_na=False)
            table = {"columns": list(cells.columns), "rows": cells.to_numpy().tolist()}
        place = Path(*self.file.parts[-3:]).with_suffix("").as_posix()
        return {"kind": self.file.parent.name, "stem": place} | self.origin | table


def section(
    experiment: str,
    run_folder: Path,
    results: list[Result],
    settings: dict,
    source: Path,
    published: Path,
    designs: Path,
) -> dict:
    """One experiment: its prose filled in, its verdicts, and its tables and figures with caption and origin.

    settings: with those of a condition under its name. source: the prose. published: the file of the report's numbers.
    designs: the prose on a design, which follows for each that stands in the audit.
    Raises ArchdynError where prose and results do not agree.
    """
    shown = {result.name: result for result in results}
    verdicts = pd.read_csv(shown[TABLE_OF_VERDICTS].file, dtype=str, keep_default_na=False)
    summary = f"{experiment}/metrics/summary.csv"
    published_link = os.path.relpath(published, run_folder / "report")
    names = {  # with files as seen from results/<run>/report
        "metric": prose.metric_names(pd.read_csv(run_folder / summary), f"../{summary}"),
        "published": prose.published_names(read_all_published(published), published_link),
        "setting": prose.setting_names(settings, SETTINGS, experiment),
        "verdict": prose.verdict_names(verdicts, f"../{experiment}/{TABLE_OF_VERDICTS}.csv"),
    }
    markdown = prose.fill(source.read_text(), str(source), names)
    for name, design in settings.get("designs", {}).items():
        if design["audit"]:
            effects = run_folder / experiment / f"metrics/design_{name}.csv"
            link = (SETTINGS, f"{experiment}.designs.{name}")
            about = design_names(name, design, effects, run_folder, link)
            markdown += "\n" + prose.fill(designs.read_text(), str(designs), {"design": about})
    _check_shown(shown_results(markdown), list(shown), source)
    return {
        "experiment": experiment,
        "title": title(markdown),
        "markdown": markdown,
        "verdicts": [_verdict(row) for row in verdicts.to_dict("records")],
        "results": {name: result.content() for name, result in shown.items()},
    }


def appendix(source: Path, table: Result) -> dict:
    """The section on hidden notebook state: the prose of `source`, which shows this one table."""
    markdown = prose.fill(source.read_text(), str(source), {})
    _check_shown(shown_results(markdown), [table.name], source)
    return {
        "experiment": source.stem,
        "title": title(markdown),
        "markdown": markdown,
        "results": {table.name: table.content()},
    }


def tally(sections: list[dict]) -> dict[str, int]:
    """How many claims have each verdict."""
    found = [row["verdict"] for part in sections for row in part["verdicts"]]
    return {verdict: found.count(verdict) for verdict in VERDICTS}


def work(records: list[dict]) -> dict:
    """What the jobs with these provenance records were run on, and how long they took together."""
    machines = sorted({_machine(record["hardware"]) for record in records})
    return {
        "jobs": len(records),
        "seconds": sum(record["wall_s"] for record in records),
        "hardware": machines,
        "commits": sorted({record["commit"] for record in records}),
        "packages": {name: version for record in records for name, version in sorted(record["packages"].items())},
    }


def _verdict(row: dict) -> dict:
    """The row with its tests as a list, and only the first of its reasons; a relation keeps its number on its line."""
    first, *more = row["note"].split("; ")
    row["note"] = f"{first} (and {len(more)} more)" if more else first
    row["measured"] = row["published"]
    for protocol in ("published", "corrected"):
        row[protocol] = re.sub(r"([≥≤≈±]) (?=[\d-])", "\\1\u00a0", row[protocol]).split("; ")
    return row


def _check_shown(shown: list[str], made: list[str], source: Path) -> None:
    for name in made:
        if shown.count(name) != 1:
            raise ArchdynError(f"{source}: shows {name} {shown.count(name)} times; allowed: once")
    for name in shown:
        if name not in made:
            raise ArchdynError(f"{source}: shows {name}, which is not among {', '.join(made)}")


def _machine(hardware: dict) -> str:
    return f"{hardware['gpu'] or hardware['cpu']}, {hardware['cores']} cores"
