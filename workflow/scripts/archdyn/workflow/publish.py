"""The audits that the repository carries in docs/audit: copied from runs, refused where the code has changed since.

A run is published with the sections that it audits, in a folder of theirs: what takes hours, or another machine, need
not be run in one piece. The tables of all sections, and the page over them, stand above these folders.
"""

import json
import re
import shutil
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import get_args

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markdown_it import MarkdownIt

from archdyn.claims.decide import DECIDED
from archdyn.claims.read import read_claims
from archdyn.config import Experiment
from archdyn.errors import ArchdynError
from archdyn.workflow.crate import crate_metadata
from archdyn.workflow.files import remove, walk
from archdyn.workflow.record import REPOSITORY, Record, read_records, within
from archdyn.workflow.results import TEXTS
from archdyn.workflow.verify import by_digests, changed_code, with_sources

AUDIT = Path("docs/audit")  # of all this, as seen from the README
FRONT, PAGE, PAPER, ABOUT, CODE = "index.html", "index.html", "audit.pdf", "audit.json", "code.json"
CRATE = "ro-crate-metadata.json"
TABLES = ("all", "summary", "verdicts", "tests")
TO_FRONT = f'<p id="front"><a href="../{FRONT}">All sections of the audit</a></p>'
LIMIT_MIB = 12  # of the audit of one run
BLOCK = re.compile(r"(<!-- findings[^>]*-->\n).*?(<!-- end of findings -->)", re.DOTALL)
SHOWN = 3  # findings of a run in the README


def publish(run: Path, folder: Path) -> list[str]:
    """Copy what `run` (results/<run>) says of its sections into `folder`, in place of what that has of them.

    Returns the files' paths in it. Nothing changes before all of it is ready. Raises ArchdynError where the run has no
    audit, where that contradicts a written finding, where a file, an input or the code behind it has changed since,
    where it takes more than LIMIT_MIB, or where it replaces only some of the sections that were published together.
    """
    content = _content(run)
    sections = {part["experiment"]: part["title"] for part in content["sections"]}
    kept = _kept(folder, sections)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder.parent) as temporary:
        ready = Path(temporary) / "audit"
        ready.mkdir()
        _copy(run, content, sections, ready / "-".join(sections))
        for name in kept:
            shutil.copytree(folder / name, ready / name)
        _join_tables(run, sections, folder, ready)
        _write_claims(ready)
        (ready / FRONT).write_text(front_page(ready), encoding="utf-8")
        remove(folder)
        ready.rename(folder)
    return [str(path.relative_to(folder)) for path in walk(folder)]


def published(folder: Path) -> dict[str, dict]:
    """What ABOUT says of each audit in `folder`, by the name of its folder, in the order of the report's sections."""
    found = {path.parent.name: _read(path) for path in folder.glob(f"*/{ABOUT}")}
    return dict(sorted(found.items(), key=lambda part: list(part[1]["sections"].values())))


def stale(folder: Path) -> dict[str, list[str]]:
    """By the name of each audit in `folder`, what of the code has changed since it was made, in words."""
    return {
        name: sorted({change for facts in _read(folder / name / CODE) for change in changed_code(facts)})
        for name in published(folder)
    }


def front_page(folder: Path) -> str:
    """HTML of the page over all that is published in `folder`: findings, sections, claims decided and open."""
    parts = published(folder)
    verdicts = pd.read_csv(folder / "verdicts.csv", dtype=str, keep_default_na=False)
    claims = pd.read_csv(folder / "claims.csv", dtype=str, keep_default_na=False)
    found = claims.merge(verdicts[["experiment", "id", "verdict", "measured"]], how="left", on=["experiment", "id"])
    folders = {experiment: name for name, about in parts.items() for experiment in about["sections"]}
    inline = MarkdownIt("commonmark").renderInline
    shown = [
        {
            "folder": name,
            "title": "; ".join(about["sections"].values()),
            "commit": about["commit"],
            "findings": list(map(inline, about["findings"])),
        }
        for name, about in parts.items()
    ]
    rows = [row | {"folder": folders.get(row["experiment"])} for row in found.fillna("").to_dict("records")]
    # What the template is filled with is escaped, but for what is marked safe in it.
    templates = Environment(
        loader=FileSystemLoader(TEXTS), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    return templates.get_template("front.html").render(
        parts=shown,
        judged=[row for row in rows if row["verdict"] in DECIDED],
        open=[row for row in rows if row["verdict"] not in DECIDED],
    )


def write_findings(folder: Path, readme: Path) -> None:
    """Write what the audits in `folder` found into its place in `readme`, and where the rest is."""
    lines = []
    for name, about in published(folder).items():
        titles = "; ".join(title.replace(":", ",", 1) for title in about["sections"].values())
        place = f"{AUDIT}/{name}"
        lines += [f"- {text}" for text in about["findings"][:SHOWN]]
        lines += ["", f"{titles}: [page]({place}/{PAGE}), [paper]({place}/{PAPER}).", ""]
    text = readme.read_text(encoding="utf-8")
    block = "\n".join([*lines, f"[Every claim]({AUDIT}/{FRONT})", ""])
    readme.write_text(BLOCK.sub(lambda found: found[1] + block + found[2], text), encoding="utf-8")


def _content(run: Path) -> dict:
    path = run / "audit/content.json"
    if not path.is_file():
        raise ArchdynError(f"{path}: is missing; allowed: a run whose audit was made")
    return _read(path)


def _kept(folder: Path, sections: Iterable[str]) -> list[str]:
    """The audits in `folder` that stay when these sections are published."""
    kept = []
    for name, about in published(folder).items():
        lost = set(about["sections"]) - set(sections)
        if lost == set(about["sections"]):
            kept.append(name)
        elif lost:
            raise ArchdynError(
                f"{folder / name}: holds {', '.join(sorted(lost))} too, which this run does not audit; "
                f"allowed: a run that audits {', '.join(about['sections'])}, or remove that folder first"
            )
    return kept


def _copy(run: Path, content: dict, sections: dict[str, str], folder: Path) -> None:
    every = read_records(run)
    folders = [run / "audit", *(run / name for name in sections)]
    own = within(every, folders)
    records = with_sources(own, every)
    if (found := by_digests(records)).faults:
        raise ArchdynError(f"{run}: is stale, run snakemake first: {found.brief()}")
    if content["contradicted"]:
        raise ArchdynError(content["contradicted"][0])
    folder.mkdir()
    page = (run / "audit/audit.html").read_text(encoding="utf-8")
    with_link = re.sub(r"(<main[^>]*>)", lambda found: found[1] + TO_FRONT, page, count=1)
    (folder / PAGE).write_text(with_link, encoding="utf-8")
    shutil.copyfile(run / "audit/audit.pdf", folder / PAPER)
    _write(folder / CODE, _code(records))
    _write(folder / CRATE, crate_metadata(run, folders, every))
    findings = [finding["text"] for finding in content.get("findings", [])]
    about = {"run": run.name, "commit": content["commit"], "sections": sections, "findings": findings}
    _write(folder / ABOUT, about)
    size = sum(path.stat().st_size for path in walk(folder)) / 2**20
    if size > LIMIT_MIB:
        raise ArchdynError(f"{run}: its audit takes {size:.1f} MiB; allowed: {LIMIT_MIB}")


def _code(records: list[Record]) -> list[dict]:
    """The modules behind these records, each script once, as `changed_code` reads them."""
    facts = [
        {name: record.facts.get(name) for name in ("rule", "script", "modules")}
        | {"params": {"module": record.facts["params"].get("module")}}
        for record in records
    ]
    return [json.loads(text) for text in sorted({json.dumps(each, sort_keys=True) for each in facts})]


def _join_tables(run: Path, sections: Iterable[str], folder: Path, ready: Path) -> None:
    """The run's tables with the rows that those in `folder` have of what else is in `ready`, section by section."""
    order = [section for about in published(ready).values() for section in about["sections"]]
    for name in TABLES:
        pattern = f"audit/tables/{name}.csv" if name in ("verdicts", "tests") else f"*/metrics/{name}.csv"
        files = sorted(run.glob(pattern))
        if not files:
            raise ArchdynError(f"{run}/{pattern}: is missing; allowed: a run whose audit was made")
        ours = pd.concat(map(_as_text, files))
        parts = [ours[ours["experiment"].isin(sections)]]
        if (folder / f"{name}.csv").is_file():
            before = _as_text(folder / f"{name}.csv")
            parts.append(before[before["experiment"].isin(set(order) - set(sections))])
        # Without the empty ones, whose columns may be those of an earlier version.
        table = pd.concat([part for part in parts if len(part)]).fillna("")
        in_order = table["experiment"].map(order.index).argsort(kind="stable")
        table.iloc[in_order].to_csv(ready / f"{name}.csv", index=False)


def _as_text(table: Path) -> pd.DataFrame:
    """So that no number of another run is rounded."""
    return pd.read_csv(table, dtype=str, keep_default_na=False)


def _write_claims(folder: Path) -> None:
    """Every claim that there is, audited or not, in the report's order, as folder/claims.csv."""
    rows = [
        {"experiment": name, **{key: claim[key] for key in ("id", "where", "claim")}}
        for name in get_args(Experiment)
        for claim in read_claims(REPOSITORY / f"config/claims/{name}.yaml")
    ]
    pd.DataFrame(rows).to_csv(folder / "claims.csv", index=False)


def _read(path: Path):
    return json.loads(path.read_text(encoding="utf-8"))


def _write(path: Path, content) -> None:
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
