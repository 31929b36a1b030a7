"""The audited report, and the authors of the audit, as CITATION.cff names them."""

from pathlib import Path

import yaml


def authors(citation: Path) -> str:
    """Who wrote the audit, as CITATION.cff names them."""
    return ", ".join(author["name"] for author in yaml.safe_load(citation.read_text())["authors"])


def source(citation: Path) -> dict[str, str]:
    """title, url and a citation (author, year, title, course) of the first of the references in CITATION.cff."""
    entry = yaml.safe_load(citation.read_text())["references"][0]
    authors = ", ".join(author["alias"] for author in entry["authors"])
    return {
        "title": entry["title"],
        "url": entry["repository-code"],
        "citation": f"{authors} ({entry['year']}). {entry['title']}. {entry['collection-title']}.",
    }
