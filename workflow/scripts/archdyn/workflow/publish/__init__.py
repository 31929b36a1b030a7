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

from archdyn.audit.findings import listed
from archdyn.errors import ArchdynError
from archdyn.workflow.audited import CODE, TABLES, audited, every_claim, within, write_code, write_tables
from archdyn.workflow.contributed_page import contributed_page
from archdyn.workflow.crate import METADATA, write_crate
from archdyn.workflow.publish.front import findings, front_page, section_numbers
from archdyn.workflow.publish.page import at_top, lighter, with_notice
from archdyn.workflow.record import changed_code, read_records
from archdyn.workflow.verify import with_sources

AUDIT = Path("docs/audit")  # of all this, as seen from the README
FRONT = "index.html"  # over all sections
CONTRIBUTED = "contributed"  # the runs of others, which stay when ours is published anew
CONTRIBUTED_PAGE = f"{CONTRIBUTED}.html"
PAGE, PAPER, PICTURE, SHORT = "index.html", "audit.pdf", "picture.png", "audit.json"  # of those of one run
SHOWN = "gan/figures/figure8.png"  # of a run; where it does not audit the GAN, its first figure
TO_FRONT = f'<p id="front"><a href="../{FRONT}">All sections of the audit</a></p>'
LIMIT_MIB = 12  # of the audit of one run
BLOCK = re.compile(r"(<!-- findings[^>]*-->\n).*?(<!-- end of findings -->)", re.DOTALL)


def publish(run: Path, folder: Path) -> list[str]:
    """Copy what `run` (results/<run>) says of its sections into `folder`, in place of what that has of them.

    Returns the files' paths in it. Nothing changes before all of it is ready. Raises ArchdynError where the run has no
    audit, where that takes more than LIMIT_MIB, or where it replaces only some of the sections that were published
    together.
    """
    experiments = audited(run)
    others = _others(folder, experiments)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder.parent) as temporary:
        ready = Path(temporary)
        part = ready / "-".join(experiments)
        _prepare(run, experiments, part)
        if size_mib(part) > LIMIT_MIB:
            raise ArchdynError(f"{run}: its audit takes {size_mib(part):.1f} MiB; allowed: {LIMIT_MIB}")
        for name in others:
            shutil.copytree(folder / name, ready / name)
        _join_tables(run, experiments, folder, ready)
        write_pages(ready, folder / CONTRIBUTED)
        _replace(folder, ready)
    return sorted(str(path.relative_to(folder)) for path in _files(folder))


def published(folder: Path) -> dict[str, dict]:
    """What SHORT says of each audit in `folder`, by the name of its folder, in the order of the report's sections."""
    found = {path.parent.name: json.loads(path.read_text()) for path in folder.glob(f"*/{SHORT}")}
    return dict(sorted(found.items(), key=lambda part: list(part[1]["sections"].values())))


def refresh(folder: Path, readme: Path) -> dict[str, list[str]]:
    """Say of what is published in `folder` what is stale, on its pages and in `readme`; return that by audit."""
    changes = {name: mark_stale(folder / name) for name in published(folder)}
    write_pages(folder, folder / CONTRIBUTED)
    if changes:
        write_findings(folder, readme)
    return changes


def write_findings(folder: Path, readme: Path) -> None:
    """Write the findings of the audit in `folder` into their place in `readme`."""
    readme.write_text(BLOCK.sub(lambda found: found[1] + block(folder) + found[2], readme.read_text()))


def block(folder: Path) -> str:
    """What the README says of the audits in `folder`: their findings, a picture, and where the rest is."""
    verdicts, tests, claims = (pd.read_csv(folder / f"{name}.csv") for name in ("verdicts", "tests", "claims"))
    parts = published(folder)
    links = "; ".join(
        f"{listed(section_numbers(short))}, [a page]({AUDIT}/{name}/{PAGE}) to be downloaded and opened, and "
        f"[a paper]({AUDIT}/{name}/{PAPER})"
        for name, short in parts.items()
    )
    first, short = next(iter(parts.items()))
    return f"""{findings(verdicts, tests, len(claims), parts)}

![{short["caption"]}]({AUDIT}/{first}/{PICTURE})

*{short["caption"]} {short["label"]}.*

The audit: {links}. In a clone, [every claim]({AUDIT}/{FRONT}), with what is open.
"""


def stale(folder: Path) -> list[str]:
    """What of the code has changed since the audit in `folder` was made, in words; [] where nothing has."""
    return sorted({change for facts in json.loads((folder / CODE).read_text()) for change in changed_code(facts)})


def stale_parts(folder: Path) -> dict[str, list[str]]:
    """What is stale of each audit in `folder`, by the name of its folder."""
    return {name: stale(folder / name) for name in published(folder)}


def stale_contributed(contributed: Path) -> dict[str, list[str]]:
    """By the name of each run in the folder `contributed`, what of the code has changed since."""
    return {path.parent.name: stale(path.parent) for path in sorted(contributed.glob(f"*/{CODE}"))}


def published_text(folder: Path) -> str:
    """In a sentence for each audit in `folder`, and each run of others, how much of it is stale."""
    found = {f"{folder}/{name}": changes for name, changes in stale_parts(folder).items()}
    if not found:
        return f"{folder}: no audit is published yet."
    found |= {
        f"{folder}/{CONTRIBUTED}/{name}": changes for name, changes in stale_contributed(folder / CONTRIBUTED).items()
    }
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


def write_pages(folder: Path, contributed: Path) -> None:
    """What `folder` says of all claims: a front page, what is open beside the runs in `contributed`, and claims.csv."""
    write_claims(folder)
    pages = {
        FRONT: front_page(folder, published(folder), stale_parts(folder)),
        CONTRIBUTED_PAGE: contributed_page(folder, contributed, stale_contributed(contributed)),
    }
    for name, page in pages.items():
        (folder / name).write_text(page)


def write_claims(folder: Path) -> None:
    """Every claim that there is, audited or not, as folder/claims.csv."""
    folder.mkdir(parents=True, exist_ok=True)
    every_claim().to_csv(folder / "claims.csv", index=False)


def _others(folder: Path, experiments: Iterable[str]) -> list[str]:
    """The audits in `folder` that stay when these experiments are published."""
    others = []
    for name, short in published(folder).items():
        sections = set(short["sections"])
        if sections.isdisjoint(experiments):
            others.append(name)
        elif lost := sections - set(experiments):
            raise ArchdynError(
                f"{folder / name}: holds {', '.join(sorted(lost))} too, which this run does not audit; "
                f"allowed: a run that audits {', '.join(short['sections'])}, or remove that folder first"
            )
    return others


def _prepare(run: Path, experiments: dict[str, str], folder: Path) -> None:
    folder.mkdir()
    page = lighter((run / "audit/audit.html").read_text())
    (folder / PAGE).write_text(at_top(page, TO_FRONT))
    shutil.copyfile(run / "audit/audit.pdf", folder / PAPER)
    write_code(_records(run, experiments), folder)
    _copy_picture(run, experiments, folder)
    _copy_crate(run, ("audit", *experiments), folder)
    mark_stale(folder)


def _join_tables(run: Path, experiments: dict[str, str], folder: Path, ready: Path) -> None:
    """The run's tables with the rows that those in `folder` have of what else is in `ready`, section by section."""
    write_tables(run, experiments, TABLES, ready)
    sections = [section for short in published(ready).values() for section in short["sections"]]
    if len(sections) == len(experiments):
        return
    for name in TABLES:
        # As text, so that no number of another run is rounded.
        before, ours = (pd.read_csv(part / f"{name}.csv", dtype=str, keep_default_na=False) for part in (folder, ready))
        others = before[before["experiment"].isin(set(sections) - set(experiments))]
        both = pd.concat([others, ours]).fillna("")
        order = both["experiment"].map(sections.index).argsort(kind="stable")
        both.iloc[order].to_csv(ready / f"{name}.csv", index=False)


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


def _records(run: Path, experiments: dict[str, str]) -> list[dict]:
    """What the jobs of the report, of the experiments in it, and of their data left."""
    every = read_records(run)
    of_report, of_experiments = within(every, [run / "audit"]), within(every, [run / name for name in experiments])
    return [record.facts for record in [*of_report, *with_sources(of_experiments, every)]]


def _copy_picture(run: Path, experiments: dict[str, str], folder: Path) -> None:
    figures = [path for name in experiments for path in sorted((run / name / "figures").glob("*.png"))]
    plain = [path for path in figures if not path.stem.endswith(".dark")]
    figure = run / SHOWN if run / SHOWN in plain else plain[0]
    shutil.copyfile(figure, folder / PICTURE)
    params = json.loads(figure.with_suffix(".provenance.json").read_text())["params"]
    short = {"run": run.name, "sections": experiments, "label": params["label"]}
    short["caption"] = " ".join(params["caption"].split())
    (folder / SHORT).write_text(json.dumps(short, indent=1) + "\n")


def _copy_crate(run: Path, parts: tuple[str, ...], folder: Path) -> None:
    with TemporaryDirectory() as temporary:
        crate = Path(temporary) / "crate.zip"
        write_crate(run, crate, parts)
        with zipfile.ZipFile(crate) as packed:
            (folder / METADATA).write_text(_line_by_line(json.loads(packed.read(METADATA))))


def _line_by_line(metadata: dict) -> str:
    """A crate's metadata, a line per entity: two thirds of its size, and git still shows what changed."""
    context, graph = json.dumps(metadata["@context"]), ",\n".join(map(json.dumps, metadata["@graph"]))
    return f'{{"@context": {context},\n"@graph": [\n{graph}\n]}}\n'
