"""The audit of a run as the repository carries it, docs/audit, and whether it belongs to the present code."""

import json
import re
import shutil
import zipfile
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from archdyn.errors import ArchdynError
from archdyn.pipeline.audited import CODE, TABLES, audited, every_claim, write_code, write_tables
from archdyn.pipeline.crate import METADATA, write_crate
from archdyn.pipeline.record import Record, absolute, changed_code, read_records
from archdyn.pipeline.verify import with_sources
from archdyn.report.findings import findings_text

PAGE, PAPER, PICTURE, SHORT = "index.html", "audit.pdf", "picture.png", "audit.json"
CONTRIBUTED = "contributed"  # the runs of others, which stay when ours is published anew
CONTRIBUTED_PAGE = f"{CONTRIBUTED}.html"
AUDIT = Path("docs/audit")  # of all this, as seen from the README
SHOWN = "gan/figures/figure8.png"  # in the README; of a run that does not audit the GAN, its first figure
TO_CONTRIBUTED = f'<p id="others"><a href="{CONTRIBUTED_PAGE}">What is open, and the runs of others</a></p>'
LIMIT_MIB = 12
BLOCK = re.compile(r"(<!-- findings[^>]*-->\n).*?(<!-- end of findings -->)", re.DOTALL)
NOTICE = re.compile(r'<aside id="stale"[^>]*>.*?</aside>', re.DOTALL)


def publish(run: Path, folder: Path) -> list[str]:
    """Copy what `run` (results/<run>) says into `folder`, and return the files' names.

    Nothing changes before all of it is ready. Raises ArchdynError where the run has no audit, or what is copied takes
    more than LIMIT_MIB.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder.parent) as temporary:
        ready = Path(temporary)
        _prepare(run, ready)
        folder.mkdir(exist_ok=True)
        for path in folder.iterdir():
            if path.is_file():
                path.unlink()
        for path in ready.iterdir():
            path.rename(folder / path.name)
    return sorted(path.name for path in folder.iterdir() if path.is_file())


def write_findings(folder: Path, readme: Path) -> None:
    """Write the findings of the audit in `folder` into their place in `readme`."""
    readme.write_text(BLOCK.sub(lambda found: found[1] + block(folder) + found[2], readme.read_text()))


def block(folder: Path) -> str:
    """What the README says of the audit in `folder`: its findings, a picture, and where the rest is."""
    verdicts, tests, claims = (pd.read_csv(folder / f"{name}.csv") for name in ("verdicts", "tests", "claims"))
    short = json.loads((folder / SHORT).read_text())
    sections = [title.split(":")[0] for title in short["sections"]]
    return f"""{findings_text(verdicts, tests, sections, len(claims))}

![{short["caption"]}]({AUDIT}/{PICTURE})

*{short["caption"]} {short["label"]}.*

The audit is [a page]({AUDIT}/{PAGE}) to be downloaded and opened, and [a paper]({AUDIT}/{PAPER}).
"""


def stale(folder: Path) -> list[str]:
    """What of the code has changed since the audit in `folder` was made, in words; [] where nothing has."""
    return sorted({change for facts in json.loads((folder / CODE).read_text()) for change in changed_code(facts)})


def stale_contributed(folder: Path) -> dict[str, list[str]]:
    """By the name of each contributed run beside the audit in `folder`, what of the code has changed since."""
    return {path.parent.name: stale(path.parent) for path in sorted(folder.glob(f"{CONTRIBUTED}/*/{CODE}"))}


def published_text(folder: Path) -> str:
    """In a sentence, what of the audit in `folder` is stale, and of the runs of others beside it."""
    if not (folder / CODE).exists():
        return f"{folder}: no audit is published yet."
    found = {str(folder): stale(folder)}
    found |= {f"{folder}/{CONTRIBUTED}/{name}": changes for name, changes in stale_contributed(folder).items()}
    return "\n".join(
        f"{place}: {len(changes)} scripts and modules have changed since." for place, changes in found.items()
    )


def mark_stale(folder: Path) -> list[str]:
    """Say at the top of the page in `folder` what is stale of it, or take the notice away; return what is."""
    changes = stale(folder)
    page = folder / PAGE
    text = NOTICE.sub("", page.read_text())
    if changes:
        listed = "".join(f"<li>{escape(change)}</li>" for change in changes)
        said = (
            f"<details><summary>The code has changed since these numbers were made, in {len(changes)} places.</summary>"
        )
        text = _at_top(text, f'<aside id="stale" role="note">{said}<ul>{listed}</ul></details></aside>')
    page.write_text(text)
    return changes


def size_mib(folder: Path) -> float:
    """What the published audit takes, without the runs of others."""
    return sum(path.stat().st_size for path in folder.iterdir() if path.is_file()) / 2**20


def write_claims(folder: Path) -> None:
    """Every claim that there is, audited or not, as folder/claims.csv."""
    folder.mkdir(parents=True, exist_ok=True)
    every_claim().to_csv(folder / "claims.csv", index=False)


def _prepare(run: Path, folder: Path) -> None:
    experiments = audited(run)
    write_tables(run, experiments, TABLES, folder)
    write_claims(folder)
    (folder / PAGE).write_text(_at_top((run / "report/report.html").read_text(), TO_CONTRIBUTED))
    shutil.copyfile(run / "report/report.pdf", folder / PAPER)
    write_code(_records(run, experiments), folder)
    _copy_picture(run, experiments, folder)
    _copy_crate(run, folder)
    mark_stale(folder)
    if size_mib(folder) > LIMIT_MIB:
        raise ArchdynError(f"{run}: its audit takes {size_mib(folder):.1f} MiB; allowed: {LIMIT_MIB}")


def _records(run: Path, experiments: dict[str, str]) -> list[dict]:
    """What the jobs of the report, of the experiments in it, and of their data left."""
    every = read_records(run)

    def within(*names: str) -> list[Record]:
        folders = [absolute(run) / name for name in names]
        return [record for record in every if any(record.path.is_relative_to(folder) for folder in folders)]

    return [record.facts for record in [*within("report"), *with_sources(within(*experiments), every)]]


def _at_top(page: str, html: str) -> str:
    return re.sub(r"(<main[^>]*>)", lambda found: found[1] + html, page, count=1)


def _copy_picture(run: Path, experiments: dict[str, str], folder: Path) -> None:
    figures = [path for name in experiments for path in sorted((run / name / "figures").glob("*.png"))]
    plain = [path for path in figures if not path.stem.endswith(".dark")]
    figure = run / SHOWN if run / SHOWN in plain else plain[0]
    shutil.copyfile(figure, folder / PICTURE)
    params = json.loads(figure.with_suffix(".provenance.json").read_text())["params"]
    short = {"sections": list(experiments.values()), "label": params["label"]}
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
