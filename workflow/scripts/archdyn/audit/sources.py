"""What the audit is of, who wrote it, and what it cites.

References are in Hayagriva's YAML, which Typst reads too. In prose, `[@key]` cites one.
"""

import re
from pathlib import Path

import yaml

from archdyn.errors import ArchdynError

CITED = re.compile(r"\[@([a-z0-9]+)\]")


def source(citation: Path) -> dict[str, str]:
    """Of CITATION.cff: `authors` of the audit; title, url and citation of the audited report, its first reference."""
    entry = _read(citation)
    report = entry["references"][0]
    authors = ", ".join(author["alias"] for author in report["authors"])
    return {
        "authors": ", ".join(author["name"] for author in entry["authors"]),
        "title": report["title"],
        "url": report["repository-code"],
        "citation": f"{authors} ({report['year']}). {report['title']}. {report['collection-title']}.",
    }


def read_references(path: Path) -> dict[str, dict[str, str]]:
    """By key, `short` (author and year, as a text cites) and `full` (as a list of references shows)."""
    return {key: _reference(entry) for key, entry in _read(path).items()}


def check_cited(markdown: str, references: dict, shown: str) -> None:
    """Raise ArchdynError where the text, which errors call `shown`, cites what the list does not have."""
    for key in CITED.findall(markdown):
        if key not in references:
            raise ArchdynError(f"{shown}: cites {key}; allowed: {', '.join(references)}")


def _reference(entry: dict) -> dict[str, str]:
    authors = entry["author"] if isinstance(entry["author"], list) else [entry["author"]]
    surnames = [author.split(",")[0] for author in authors]
    named = " and ".join(surnames) if len(surnames) <= 2 else f"{surnames[0]} et al."
    year, title, parent = str(entry["date"])[:4], entry["title"], entry["parent"]["title"]
    return {"short": f"{named}, {year}", "full": f"{'; '.join(authors)} ({year}). {title}. {parent}."}


def _read(path: Path) -> dict:
    return yaml.safe_load(path.read_text(encoding="utf-8"))
