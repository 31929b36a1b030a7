"""Everything that the audit says, gathered once for its two forms, the page and the paper."""

import re
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from archdyn.audit import prose
from archdyn.audit.claims import amended, counts, decided, read_claims
from archdyn.audit.files import is_data, target
from archdyn.audit.findings import contradicted, read_findings, standing
from archdyn.audit.markdown import headings, shown_results, title
from archdyn.audit.numbering import letters, numbers
from archdyn.audit.sources import check_cited, read_references, source
from archdyn.errors import ArchdynError
from archdyn.render.published import notebook_only, read_all_published, read_json

SETTINGS = "settings.json"  # beside the audit
TESTS = "tables/tests.csv"
COUNTED = ("No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine")


@dataclass(frozen=True)
class Texts:
    """The files that the audit is written from; lists are in the order of the sections."""

    verdicts: Path  # the two tables of claims
    tests: Path
    prose: list[Path]
    published: list[Path]
    designs: Path  # the prose on a design
    findings: Path
    reading: Path  # what the words mean
    deciding: Path  # how verdicts come about
    notebooks: Path  # hidden notebook state
    citation: Path
    references: Path


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

    def content(self, number: str, audit_folder: Path) -> dict:
        """All that the audit shows of it, under its number; a figure's picture stays in its file."""
        inputs = [Path(path) for path in self.origin["inputs"]]
        data = [self.file, *inputs] if self.file.suffix == ".csv" else inputs
        return {
            "kind": self.file.parent.name,
            "stem": Path(*self.file.parts[-3:]).with_suffix("").as_posix(),
            "number": number,
            "text": self.origin["caption"].removeprefix(f"{number}. "),
            "data": [target(path, audit_folder) for path in data if is_data(path)],
            **self.origin,
            **self._shown(),
        }

    def _shown(self) -> dict:
        if self.file.suffix == ".csv":
            cells = pd.read_csv(self.file, dtype=str, keep_default_na=False)
            return {"columns": list(cells.columns), "rows": cells.to_numpy().tolist()}
        return {"panel": read_json(self.file)} if self.file.suffix == ".json" else {}


def audit(run: str, folder: Path, made: list[Result], records: list[dict], settings: dict, texts: Texts) -> dict:
    """All of it but where its files are from.

    folder: results/<run>. made: the results of all sections. records: of all jobs. settings: by experiment, with those
    of a condition under its name.

    Raises ArchdynError where prose and results do not agree.
    """
    claims = read_claims(texts.verdicts, texts.tests)
    references = read_references(texts.references)
    numbered = {
        experiment: number_names(experiment, file, settings[experiment], folder)
        for experiment, file in zip(settings, texts.published, strict=True)
    }
    shared = {"test": prose.test_names(claims, TESTS), "verdict": prose.verdict_names(claims)}
    letter = letters(list(settings))
    sections = []
    for experiment, file in zip(settings, texts.prose, strict=True):
        own = {result.name: result for result in made if result.experiment == experiment}
        text = _Text(experiment, letter[experiment], file, texts.designs, settings[experiment], own, folder / "audit")
        section = text.filled(numbered[experiment] | shared, references)
        sections.append(section | {"claims": [claim for claim in claims if claim["experiment"] == experiment]})
    return {
        "run": run,
        "title": _title(sections),
        "audited": source(texts.citation),
        "notice": _notice(run, settings),
        "findings": _findings(texts.findings, claims, numbered, shared, sections),
        "contradicted": contradicted(read_findings(texts.findings), claims, texts.findings.name),
        "decided": decided(claims),
        "counts": counts(claims),
        "claims": len(claims),
        "amended": amended(claims),
        "reading": _read(texts.reading),
        "deciding": _read(texts.deciding),
        "notebooks": _read(texts.notebooks),
        "references": references,
        "work": _work(records),
        "sections": sections,
    }


def files(content: dict) -> list[str]:
    """Every file that a number of the text stands in, or that holds the data of a result, by its name on the page."""
    texts = [part["markdown"] for part in content["sections"]] + [one["linked"] for one in content["findings"]]
    links = [name for text in texts for name in re.findall(r"\]\(<([^>]+)>", text)]
    data = [name for part in content["sections"] for result in part["results"].values() for name in result["data"]]
    return list(dict.fromkeys(["tables/verdicts.csv", TESTS, *links, *data]))


@dataclass(frozen=True)
class _Text:
    """The prose of a section with the results that it shows."""

    experiment: str
    letter: str  # of the numbers that are not the report's
    file: Path
    designs: Path
    settings: dict
    shown: dict[str, Result]
    audit_folder: Path

    def filled(self, names: dict, references: dict) -> dict:
        """Its Markdown with numbers filled in, and its results with number, caption and origin."""
        templates = self._templates()
        images = shown_results("\n\n".join(templates.values()))
        self._check_shown([name for name, _ in images])
        in_paper = dict(images)
        numbered = numbers(list(in_paper), self.letter)
        for kind in ("figure", "table", "panel"):
            of_kind = {shown.split("/")[1]: number for shown, number in numbered.items() if shown.startswith(kind)}
            names = names | {kind: prose.reference_names(kind, of_kind, self.experiment)}
        markdown = "\n".join(
            prose.fill(template, str(self.file), names | self._of_design(design))
            for design, template in templates.items()
        )
        check_cited(markdown, references, str(self.file))
        results = {
            name: self.shown[name].content(number, self.audit_folder) | {"in_paper": in_paper[name]}
            for name, number in numbered.items()
        }
        return {
            "experiment": self.experiment,
            "title": title(markdown),
            "headings": headings(markdown, self.experiment),
            "markdown": markdown,
            "results": results,
        }

    def _templates(self) -> dict[str | None, str]:
        """Its prose, and that on each design in the audit under the design's name."""
        audited = [name for name, design in self.settings.get("designs", {}).items() if design["audit"]]
        return {None: _read(self.file)} | {name: _read(self.designs).replace("DESIGN", name) for name in audited}

    def _of_design(self, design: str | None) -> dict[str, prose.Lookup]:
        """What the prose on a design may use: about, factors with their levels, seeds."""
        if design is None:
            return {}
        settings, place = self.settings["designs"][design], f"{self.experiment}.designs.{design}"

        def levels(values: list | dict, key: str) -> str:
            return prose.link(", ".join(map(str, values)), SETTINGS, f"{place}.{key}")

        factors = {f"factors.{name}": values for name, values in settings["factors"].items()}
        if len(settings["conditions"]) > 1:
            factors |= {"conditions": settings["conditions"]}
        told = [f"`{key.split('.')[-1]}` ({levels(values, key)})" for key, values in factors.items()]
        seeds = levels(settings["seeds"], "seeds")
        entries = {"about": settings["about"], "factors": ", ".join(told), "seeds": seeds}
        return {"design": prose.Lookup("design", entries)}

    def _check_shown(self, in_order: list[str]) -> None:
        for name in {*self.shown, *in_order}:
            if name not in self.shown:
                raise ArchdynError(f"{self.file}: shows {name}, which is not among {', '.join(self.shown)}")
            if in_order.count(name) != 1:
                raise ArchdynError(f"{self.file}: shows {name} {in_order.count(name)} times; allowed: once")


def number_names(experiment: str, published: Path, settings: dict, folder: Path) -> dict[str, prose.Lookup]:
    """The numbers of an experiment that prose may use, with files as seen from results/<run>/audit."""
    summary = f"{experiment}/metrics/summary.csv"
    tables, where = read_all_published(published), target(published, folder / "audit")
    return {
        "metric": prose.metric_names(pd.read_csv(folder / summary), f"../{summary}"),
        "published": prose.published_names(tables, notebook_only(published), where),
        "setting": prose.setting_names(settings, SETTINGS, experiment),
    }


def _findings(file: Path, claims: list[dict], numbered: dict, shared: dict, sections: list[dict]) -> list[dict]:
    """The findings that stand, each with the number and the section of its figure."""
    by_experiment = {
        kind: prose.Lookup(kind, {experiment: own[kind] for experiment, own in numbered.items()})
        for kind in ("metric", "published", "setting")
    }
    figures = {result["stem"]: result for part in sections for result in part["results"].values()}
    found = standing(read_findings(file), claims, by_experiment | shared, file.name)
    for one in found:
        if one["figure"] not in figures:
            raise ArchdynError(f"{file.name}: found {one['figure']}; allowed: {', '.join(figures)}")
        one["number"] = figures[one["figure"]]["number"]
    return found


def _title(sections: list[dict]) -> str:
    if len(sections) == 1:
        what = sections[0]["title"].split(": ", 1)[-1]
        return f"{what[0].upper()}{what[1:]}, run again"
    many = COUNTED[len(sections)] if len(sections) < len(COUNTED) else str(len(sections))
    return f"{many} deep-learning experiments, run again"


def _notice(run: str, settings: dict) -> str | None:
    """Of a run that decides little, since a training was made once."""
    if all(len(block["seeds"]) > 1 for block in settings.values()):
        return None
    return f"{run}: one seed; see the published audit for verdicts"


def _work(records: list[dict]) -> dict:
    """What the jobs with these provenance records were run on, and how long they took together."""
    machines = [record["hardware"] for record in records]
    return {
        "jobs": len(records),
        "seconds": sum(record["wall_s"] for record in records),
        "hardware": sorted({f"{one['gpu'] or one['cpu']}, {one['cores']} cores" for one in machines}),
        "commits": sorted({record["commit"] for record in records}),
        "packages": {name: version for record in records for name, version in sorted(record["packages"].items())},
    }


def _read(file: Path) -> str:
    return file.read_text(encoding="utf-8")
