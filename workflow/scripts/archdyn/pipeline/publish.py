"""The audit of a run as the repository carries it, docs/audit, and whether it belongs to the present code."""

import json
import re
import shutil
import tempfile
import zipfile
from html import escape
from pathlib import Path

import pandas as pd

from archdyn.errors import ArchdynError
from archdyn.pipeline.crate import write_crate
from archdyn.pipeline.record import changed_code
from archdyn.report.findings import findings_text

PAGE, PAPER, PICTURE, CODE = "index.html", "audit.pdf", "picture.png", "code.json"
CAPTION = "picture.json"
PLACE = "docs/audit"  # of all this, as seen from the README
SHOWN = "gan/figures/figure8.png"  # in the README; of a run without it, its first figure
CONTRIBUTED = "contributed"  # the runs of others, which stay when ours is published anew
TABLES = {"all": "metrics", "summary": "metrics", "verdicts": "tables", "tests": "tables"}
TO_CONTRIBUTED = '<p id="others"><a href="contributed.html">What is open, and the runs of others</a></p>'
LIMIT_MIB = 12
BLOCK = re.compile(r"(<!-- findings[^>]*-->\n).*?(<!-- end of findings -->)", re.DOTALL)
NOTICE = re.compile(r'<aside id="stale"[^>]*>.*?</aside>', re.DOTALL)


def publish(run: Path, folder: Path, readme: Path) -> list[str]:
    """Copy what `run` (results/<run>) says into `folder`, and its findings into `readme`; return the files' names.

    Raises ArchdynError where the run has no audit, or what is copied takes more than LIMIT_MIB.
    """
    page = run / "report/report.html"
    if not page.exists():
        raise ArchdynError(f"{page}: is missing; allowed: a run whose audit was made")
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.iterdir():
        if path.name != CONTRIBUTED:
            path.unlink()
    (folder / PAGE).write_text(_at_top(page.read_text(), TO_CONTRIBUTED))
    shutil.copyfile(run / "report/report.pdf", folder / PAPER)
    _copy_picture(run, folder)
    for name, kind in TABLES.items():
        _joined(run, kind, name).to_csv(folder / f"{name}.csv", index=False)
    (folder / CODE).write_text(json.dumps(_code(run), indent=1) + "\n")
    _copy_crate(run, folder)
    _check_size(folder)
    mark_stale(folder)
    readme.write_text(BLOCK.sub(lambda found: found[1] + block(folder) + found[2], readme.read_text()))
    return sorted(path.name for path in folder.iterdir() if path.is_file())


def block(folder: Path) -> str:
    """What the README says of the audit in `folder`: its findings, a picture, and where the rest is."""
    verdicts, tests = (pd.read_csv(folder / f"{name}.csv") for name in ("verdicts", "tests"))
    picture = json.loads((folder / CAPTION).read_text())
    return f"""{findings_text(verdicts, tests)}

![{picture["caption"].split(".")[0]}]({PLACE}/{PICTURE})

*{picture["caption"]} {picture["label"]}.*

The audit is [a page]({PLACE}/{PAGE}) to be downloaded and opened, and [a paper]({PLACE}/{PAPER}).
"""


def stale(folder: Path) -> list[str]:
    """What of the code has changed since the audit in `folder` was made, in words; [] where nothing has."""
    return sorted({change for facts in json.loads((folder / CODE).read_text()) for change in changed_code(facts)})


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
        notice = f'<aside id="stale" role="note">{said}<ul>{listed}</ul></details></aside>'
        text = _at_top(text, notice)
    page.write_text(text)
    return changes


def _at_top(page: str, html: str) -> str:
    return re.sub(r"(<main[^>]*>)", lambda found: found[1] + html, page, count=1)


def size_mib(folder: Path) -> float:
    """What the published audit takes, without the runs of others."""
    return sum(path.stat().st_size for path in folder.iterdir() if path.is_file()) / 2**20


def _joined(run: Path, kind: str, name: str) -> pd.DataFrame:
    found = sorted(run.glob(f"*/{kind}/{name}.csv"))
    return pd.concat([pd.read_csv(path) for path in found], ignore_index=True)


def _code(run: Path) -> list[dict]:
    """The modules behind each script of the run, once."""
    found = [json.loads(path.read_text()) for path in sorted(run.rglob("*.provenance.json"))]
    facts = [{name: each[name] for name in ("rule", "script", "modules")} for each in found]
    return [json.loads(text) for text in sorted({json.dumps(each, sort_keys=True) for each in facts})]


def _copy_picture(run: Path, folder: Path) -> None:
    figures = [path for path in sorted(run.glob("*/figures/*.png")) if not path.stem.endswith(".dark")]
    figure = run / SHOWN if run / SHOWN in figures else figures[0]
    shutil.copyfile(figure, folder / PICTURE)
    params = json.loads(figure.with_suffix(".provenance.json").read_text())["params"]
    shown = {"caption": " ".join(params["caption"].split()), "label": params["label"]}
    (folder / CAPTION).write_text(json.dumps(shown, indent=1) + "\n")


def _copy_crate(run: Path, folder: Path) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        crate = Path(temporary) / "crate.zip"
        write_crate(run, crate)
        with zipfile.ZipFile(crate) as packed:
            (folder / "ro-crate-metadata.json").write_bytes(packed.read("ro-crate-metadata.json"))


def _check_size(folder: Path) -> None:
    size = size_mib(folder)
    if size > LIMIT_MIB:
        raise ArchdynError(f"{folder}: takes {size:.1f} MiB; allowed: {LIMIT_MIB}")
