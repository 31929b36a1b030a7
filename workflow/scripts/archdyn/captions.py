"""Captions of figures and tables, from workflow/report."""

from pathlib import Path


def read_caption(path: Path) -> str:
    """The text of a caption file on one line."""
    return " ".join(Path(path).read_text().split())
