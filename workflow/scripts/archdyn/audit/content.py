"""Everything that the audit says, gathered once for its two forms."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from archdyn.audit import prose
from archdyn.audit.designs import design_names
from archdyn.audit.files import is_data, target
from archdyn.audit.markdown import headings, shown_results, title
from archdyn.audit.numbering import numbers
from archdyn.audit.references import check_cited
from archdyn.claims.decide import VERDICTS
from archdyn.errors import ArchdynError
from archdyn.render.published import read_all_published

VERDICTS_TABLE = "tables/verdicts.csv"  # of all sections, beside the audit
SETTINGS = "settings.json"


@dataclass(frozen=True)
class Result:
    """A table (.csv), figure (.png) or panel (.json) in results/<run>/<experiment>/{tables,figures,panels}."""

    file: Path
    origin: dict  # rule, script, modules, commit, inputs, caption, label

    @property
    def experiment(self) -> str:
        return self.file.parts[-3]

    @property
    def name(self) -> str:
        """What the prose calls it, as in figures/figure8."""
        return f"{self.file.parent.name}/{self.file.stem}"

    def content(self, number: str, report_folder: Path) -> dict:
        """All that the audit shows of it, under its number; a figure's picture stays in its file."""
        place = Path(*self.file.parts[-3:]).with_suffix("").as_posix()
        inputs = [Path(path) for path in self.origin["inputs"]]
        data = [self.file, *inputs] if self.file.suffix == ".csv" else inputs
        return {
            "kind": self.file.parent.name,
            "stem": place,
            "number": number,
            "text": self.origin["caption"].removeprefix(f"{number}. "),
            "data": [target(path, report_folder) for path in data if is_data(path)],
            **self.origin,
            **self._shown(),
        }

    def _shown(self) -> dict:
        if self.file.suffix == ".csv":
            cells = pd.read_csv(self.file, dtype=str, keep_default_na=False)
            return {"columns": list(cells.columns), "rows": cells.to_numpy().tolist()}
        return {"panel": json.loads(self.file.read_text())} if self.file.suffix == ".json" else {}


@dataclass(frozen=True)
class Sources:
    """What a section is written from.

    settings: with those of a condition under its name. designs: the prose on a design, for each that stands
    in the audit.
    """

    prose: Path
    published: Path
    designs: Path
    settings: dict
    references: dict

    def templates(self) -> dict[str | None, str]:
        """Its prose, and that on each design in the audit under the design's name."""
        audited = [name for name, design in self.settings.get("designs", {}).items() if design["audit"]]
        return {None: self.prose.read_text()} | {
            name: self.designs.read_text().replace("{{ design.name }}", name) for name in audited
        }


def section(
    experiment: str, letter: str, run_folder: Path, results: list[Result], verdicts: pd.DataFrame, sources: Sources
) -> dict:
    """One experiment: its prose filled in, its verdicts, and its results with number, caption and origin.

    verdicts: of this experiment, as text. letter: of the numbers that are not the report's.

    Raises ArchdynError where prose and results do not agree.
    """
    shown = {result.name: result for result in results}
    summary = f"{experiment}/metrics/summary.csv"
    names = {  # with files as seen from results/<run>/report
        "metric": prose.metric_names(pd.read_csv(run_folder / summary), f"../{summary}"),
        "published": prose.published_names(
            read_all_published(sources.published), target(sources.published, run_folder / "audit")
        ),
        "setting": prose.setting_names(sources.settings, SETTINGS, experiment),
        "verdict": prose.verdict_names(verdicts, VERDICTS_TABLE),
    }
    text = _text(experiment, letter, shown, sources, names, run_folder / "audit")
    return text | {"verdicts": [_verdict(row) for row in verdicts.to_dict("records")]}


def appendix(letter: str, results: list[Result], source: Path, report_folder: Path) -> dict:
    """A section on all experiments: the prose of `source`, which shows these results."""
    sources = Sources(source, source, source, {}, {})
    text = _text(source.stem, letter, {result.name: result for result in results}, sources, {}, report_folder)
    return text | {"verdicts": []}


def _text(name: str, letter: str, shown: dict[str, Result], sources: Sources, names: dict, report_folder: Path) -> dict:
    source, templates = sources.prose, sources.templates()
    in_order = shown_results("\n\n".join(templates.values()))
    _check_shown(in_order, list(shown), source)
    numbered = numbers(in_order, letter)
    for kind in ("figure", "table", "panel"):
        of_kind = {shown.split("/")[1]: number for shown, number in numbered.items() if shown.startswith(kind)}
        names[kind] = prose.reference_names(kind, of_kind, name)
    markdown = "\n".join(
        prose.fill(template, str(source), names | _of_design(design, name, sources, report_folder))
        for design, template in templates.items()
    )
    check_cited(markdown, sources.references, str(source))
    return {
        "experiment": name,
        "title": title(markdown),
        "headings": headings(markdown, name),
        "markdown": markdown,
        "results": {name: shown[name].content(number, report_folder) for name, number in numbered.items()},
    }


def _of_design(design: str | None, experiment: str, sources: Sources, report_folder: Path) -> dict:
    if design is None:
        return {}
    effects = report_folder.parent / experiment / f"metrics/design_{design}.csv"
    link = (SETTINGS, f"{experiment}.designs.{design}")
    about = design_names(design, sources.settings["designs"][design], effects, report_folder.parent, link)
    return {"design": about}


def files(parts: list[dict]) -> list[str]:
    """Every file that a number of the prose stands in, or that holds the data of a result, by its name on the page."""
    links = [target for part in parts for target in re.findall(r"\]\(<([^>]+)>", part["markdown"])]
    data = [name for part in parts for result in part["results"].values() for name in result["data"]]
    return list(dict.fromkeys([*links, *data]))


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
    reasons, *curve = row["note"].split(" · ")
    row["note"] = " · ".join([_first(reasons), *curve])
    for protocol in ("published", "corrected"):
        row[protocol] = re.sub(r"([≥≤≈±]) (?=[\d-])", "\\1\u00a0", row[protocol]).split("; ")
    return row


def _first(listed: str) -> str:
    first, *more = listed.split("; ")
    return f"{first} (and {len(more)} more)" if more else first


def _check_shown(shown: list[str], made: list[str], source: Path) -> None:
    for name in made:
        if shown.count(name) != 1:
            raise ArchdynError(f"{source}: shows {name} {shown.count(name)} times; allowed: once")
    for name in shown:
        if name not in made:
            raise ArchdynError(f"{source}: shows {name}, which is not among {', '.join(made)}")


def _machine(hardware: dict) -> str:
    return f"{hardware['gpu'] or hardware['cpu']}, {hardware['cores']} cores"
