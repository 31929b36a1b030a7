"""Figures, tables and panels: what an experiment declares of them, their captions, and the files that rules make."""

import os
from dataclasses import dataclass
from pathlib import Path

from snakemake.io import local, report

from archdyn.errors import ArchdynError
from archdyn.workflow.record import REPOSITORY

TEXTS = REPOSITORY / "workflow/audit"
FORMS = {"figures": ("pdf", "png"), "tables": ("csv", "md", "tex"), "panels": ("json",)}


@dataclass(frozen=True)
class Result:
    """One figure, table or panel, as the rule file of its experiment declares it."""

    inputs: dict[str, str | list[str]]
    settings: dict  # of the config, as far as its script needs them
    label: str  # scale, data and seeds
    caption: str


def figure_files(stem: str) -> dict[str, str]:
    """The outputs of a rule that draws a figure."""
    return {
        "pdf": f"{stem}.pdf",
        "png": _in_report(f"{stem}.png", "figure"),
        "provenance": f"{stem}.provenance.json",
    }


def table_files(stem: str) -> dict[str, str]:
    """The outputs of a rule that makes a table."""
    return {
        "csv": _in_report(f"{stem}.csv", "table"),
        "md": f"{stem}.md",
        "tex": f"{stem}.tex",
        "provenance": f"{stem}.provenance.json",
    }


def panel_files(stem: str) -> dict[str, str]:
    """The outputs of a rule that makes a panel of the page."""
    return {"panel": f"{stem}.json", "provenance": f"{stem}.provenance.json"}


def audit_file(path: str, form: str):
    """One of the audit's two files, which `snakemake --report` holds as well."""
    return report(path, category="audit", labels={"form": form})


def caption(name: str) -> str:
    """The text of workflow/audit/<name>.rst on one line. Raises ArchdynError where there is no such file."""
    path = TEXTS / f"{name}.rst"
    if not path.is_file():
        raise ArchdynError(f"workflow/audit/{name}.rst: there is no such file; it holds the caption")
    return " ".join(path.read_text(encoding="utf-8").split())


def _in_report(path: str, kind: str):
    """Mark an output for `snakemake --report`, with its rule's param `caption`, its experiment as category, and labels.

    The path may hold wildcards, which Snakemake fills in.
    """
    *_, experiment, _, name = Path(path).with_suffix("").parts
    file = "../workflow/audit/caption.rst"  # as seen from rules/
    return report(path, caption=file, category=experiment, subcategory=f"{kind}s", labels={kind: name})


def shipped(path: str) -> str:
    """Path of one of the repository's files, as seen from the working directory; `path` may hold wildcards.

    Snakemake may run in another folder. The path is relative, so that a checkout that is moved with its results reruns
    nothing, and local, so that it is not looked for in remote storage.
    """
    return local(os.path.relpath(REPOSITORY / path))
