"""Panels as files."""

import json
from pathlib import Path


def write_panel(panel: dict, path: str | Path) -> None:
    """Write a panel of `charts` or `frames` as compact JSON, without numbers that are not finite."""
    Path(path).write_text(json.dumps(panel, ensure_ascii=False, separators=(",", ":"), allow_nan=False) + "\n")
