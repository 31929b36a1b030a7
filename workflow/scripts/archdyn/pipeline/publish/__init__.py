"""The audit as the repository carries it, docs/audit, and whether it belongs to the present code.

A run is published with the sections that it audits, in a folder of theirs: what takes hours, or another machine, need
not be run in one piece. The tables of all sections, and the page over them, stand above these folders.
"""

import json
import re
import shutil
import zipfile
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from archdyn.errors import ArchdynError
from archdyn.pipeline.audited import CODE, TABLES, audited, every_claim, write_code, write_tables
from archdyn.pipeline.crate import METADATA, write_crate
from archdyn.pipeline.publish.front import front_page
from archdyn.pipeline.publish.page import at_top, lighter, with_notice
from archdyn.pipeline.record import Record, absolute, changed_code, read_records
from archdyn.pipeline.verify import with_sources
from archdyn.report.findings import findings_text
from archdyn.tables.contributed_page import contributed_page

AUDIT = Path("docs/audit")  # of all this, as seen from the README
FRONT = "index.html"  # over all sections
CONTRIBUTED = "contributed"  # the runs of others, which stay when ours is published anew
CONTRIBUTED_PAGE = f"{CONTRIBUTED}.html"
PAGE, PAPER, PICTURE, SHORT = "index.html", "audit.pdf", "picture.png", "audit.json"  # of those of one run
SHOWN = "gan/figures/figure8.png"  # of a run; where it does not audit the GAN, its first figure
TO_FRONT = f'<p id="front"><a href="../{FRONT}">All sections of the audit</a></p>'
LIMIT_MIB = 12  # of all sections together
BLOCK = re.compile(r"(<!-- findings[^>]*-->\n).*?(<!-- end of findings -->)", re.DOTALL)


def publish(run: Path, folder: Path) -> list[str]:
    """Copy what `run` (results/<run>) says of its sections into `folder`, in place of what that has of them.

    Returns the files' paths in it. Nothing changes before all of it is ready. Raises ArchdynError where the run has no
    audit, where it replaces only some of the sections that were published together, or where all takes more than
    LIMIT_MIB.
    """
    experiments = audited(run)
    others = _others(folder, experiments)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder.parent) as temporary:
        ready = Path(temporary)
        _prepare(run, experiments, ready / "-".join(experiments))
        _join_tables(run, experiments, folder, {name for short in others.values() for name in short["sections"]}, ready)
        for part in others:
            shutil.copytree(folder / part, ready / part)
        if size_mib(ready) > LIMIT_MIB:
            raise ArchdynError(f"{run}: with its audit, {folder} takes {size_mib(ready):.1f} MiB; allowed: {LIMIT_MIB}")
        _replace(folder, ready)
    write_pages(folder)
    return sorted(str(path.relative_to(folder)) for path in _files(folder))


def published(folder: Path) -> dict[str, dict]:
    """What SHORT says of each audit in `folder`, by the name of its folder, in the order of the report's sections."""
    found = {path.parent.name: json.loads(path.read_text()) for path in folder.glob(f"*/{SHORT}")}
    return dict(sorted(found.items(), key=lambda part: list(part[1]["sections"].values())))


def write_findings(folder: Path, readme: Path) -> None:
    """Write the findings of the audit in `folder` into their place in `readme`."""
    readme.write_text(BLOCK.sub(lambda found: found[1] + block(folder) + found[2], readme.read_text()))


def block(folder: Path) -> str:
    """What the README says of the audits in `folder`: their findings, a picture, and where the rest is."""
    verdicts, tests, claims = (pd.read_csv(folder / f"{name}.csv") for name in ("verdicts", "tests", "claims"))
    parts = published(folder)
    sections = {name: _listed_sections(short) for name, short in parts.items()}
    first, short = next(iter(parts.items()))
    links = "; ".join(
        f"{titles}, [a page]({AUDIT}/{name}/{PAGE}) to be downloaded and opened, and [a paper]({AUDIT}/{name}/{PAPER})"
        for name, titles in sections.items()
    )
    return f"""{findings_text(verdicts, tests, _numbers(parts.values()), len(claims))}

![{short["caption"]}]({AUDIT}/{first}/{PICTURE})

*{short["caption"]} {short["label"]}.*

The audit: {links}; and [every claim]({AUDIT}/{FRONT}), with what is open.
"""


def stale(folder: Path) -> list[str]:
    """What of the code has changed since the audit in `folder` was made, in words; [] where nothing has."""
    return sorted({change for facts in json.loads((folder / CODE).read_text()) for change in changed_code(facts)})


def stale_parts(folder: Path) -> dict[str, list[str]]:
    """What is stale of each audit in `folder`, by the name of its folder."""
    return {name: stale(folder / name) for name in published(folder)}


def stale_contributed(folder: Path) -> dict[str, list[str]]:
    """By the name of each contributed run beside the audits in `folder`, what of the code has changed since."""
    return {path.parent.name: stale(path.parent) for path in sorted(folder.glob(f"{CONTRIBUTED}/*/{CODE}"))}


def published_text(folder: Path) -> str:
    """In a sentence for each audit in `folder`, and each run of others, how much of it is stale."""
    found = {f"{folder}/{name}": changes for name, changes in stale_parts(folder).items()}
    if not found:
        return f"{folder}: no audit is published yet."
    found |= {f"{folder}/{CONTRIBUTED}/{name}": changes for name, changes in stale_contributed(folder).items()}
    return "\n".join(
        f"{place}: {len(changes)} scripts and modules have changed since." for place, changes in found.items()
    )


def mark_stale(folder: Path) -> list[str]:
    """Say at the top of the page of the audit in `folder` what is stale of it, or take the notice away; return it."""
    changes = stale(folder)
    page = folder / PAGE
    page.write_text(with_notice(page.read_text(), changes))
    return changes


def size_mib(folder: Path) -> float:
    """What the published audits take, without the runs of others."""
    return sum(path.stat().st_size for path in _files(folder)) / 2**20


def write_pages(folder: Path) -> None:
    """What `folder` says of all claims: its front page, what is open beside the runs of others, and claims.csv."""
    write_claims(folder)
    pages = {
        FRONT: front_page(folder, published(folder), stale_parts(folder)),
        CONTRIBUTED_PAGE: contributed_page(folder, folder / CONTRIBUTED, stale_contributed(folder)),
    }
    for name, page in pages.items():
        (folder / name).write_text(page)


def write_claims(folder: Path) -> None:
    """Every claim that there is, audited or not, as folder/claims.csv."""
    folder.mkdir(parents=True, exist_ok=True)
    every_claim().to_csv(folder / "claims.csv", index=False)


def _others(folder: Path, experiments: Iterable[str]) -> dict[str, dict]:
    """What of `published` stays when these experiments are published."""
    others = {}
    for name, short in published(folder).items():
        sections = set(short["sections"])
        if sections.isdisjoint(experiments):
            others[name] = short
        elif lost := sections - set(experiments):
            raise ArchdynError(
                f"{folder / name}: holds {', '.join(sorted(lost))} too, which this run does not audit; "
                f"allowed: a run that audits {', '.join(short['sections'])}, or remove that folder first"
            )
    return others


def _prepare(run: Path, experiments: dict[str, str], folder: Path) -> None:
    folder.mkdir()
    page = lighter((run / "report/report.html").read_text())
    (folder / PAGE).write_text(at_top(page, TO_FRONT))
    shutil.copyfile(run / "report/report.pdf", folder / PAPER)
    write_code(_records(run, experiments), folder)
    _copy_picture(run, experiments, folder)
    _copy_crate(run, folder)
    mark_stale(folder)


def _join_tables(run: Path, experiments: dict[str, str], folder: Path, stay: set[str], ready: Path) -> None:
    """The run's tables, below the rows that those in `folder` have of the experiments that `stay`."""
    write_tables(run, experiments, TABLES, ready)
    for name in TABLES if stay else ():
        # As text, so that no number of another run is rounded.
        before, ours = (pd.read_csv(part / f"{name}.csv", dtype=str, keep_default_na=False) for part in (folder, ready))
        rows = before[before["experiment"].isin(stay)]
        pd.concat([rows, ours], ignore_index=True).fillna("").to_csv(ready / f"{name}.csv", index=False)


def _replace(folder: Path, ready: Path) -> None:
    folder.mkdir(exist_ok=True)
    for path in folder.iterdir():
        if path.is_file():
            path.unlink()
        elif path.name != CONTRIBUTED:
            shutil.rmtree(path)
    for path in ready.iterdir():
        path.rename(folder / path.name)


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and path.relative_to(folder).parts[0] != CONTRIBUTED]


def _numbers(shorts: Iterable[dict]) -> list[str]:
    """Section 4, Section 5."""
    return [title.split(":")[0] for short in shorts for title in short["sections"].values()]


def _listed_sections(short: dict) -> str:
    return " and ".join(_numbers([short]))


def _records(run: Path, experiments: dict[str, str]) -> list[dict]:
    """What the jobs of the report, of the experiments in it, and of their data left."""
    every = read_records(run)

    def within(*names: str) -> list[Record]:
        folders = [absolute(run) / name for name in names]
        return [record for record in every if any(record.path.is_relative_to(folder) for folder in folders)]

    return [record.facts for record in [*within("report"), *with_sources(within(*experiments), every)]]


def _copy_picture(run: Path, experiments: dict[str, str], folder: Path) -> None:
    figures = [path for name in experiments for path in sorted((run / name / "figures").glob("*.png"))]
    plain = [path for path in figures if not path.stem.endswith(".dark")]
    figure = run / SHOWN if run / SHOWN in plain else plain[0]
    shutil.copyfile(figure, folder / PICTURE)
    params = json.loads(figure.with_suffix(".provenance.json").read_text())["params"]
    short = {"sections": experiments, "label": params["label"]}
    short["caption"] = " ".join(params["caption"].split())
    (folder / SHORT).write_text(json.dumps(short, indent=1) + "\n")


def _copy_crate(run: Path, folder: Path) -> None:
    with TemporaryDirectory() as temporary:
        crate = Path(temporary) / "crate.zip"
        write_crate(run, crate)
        with zipfile.ZipFile(crate) as packed:
            (folder / METADATA).write_text(_line_by_line(json.loads(packed.read(METADATA))))


def _line_by_line(metadata: dict) -> str:
    """A crate's metadata, a line per entity: two thirds of its size, and git still shows what changed."""
    context, graph = json.dumps(metadata["@context"]), ",\n".join(map(json.dumps, metadata["@graph"]))
    return f'{{"@context": {context},\n"@graph": [\n{graph}\n]}}\n'
