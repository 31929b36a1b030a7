"""The files behind the audit: what made them, and the small ones as text that travels inside the page."""

import base64
import gzip
import io
import json
import os
from pathlib import Path

import numpy as np

TEXT = (".csv", ".yaml", ".json")
MOST_VALUES = 200_000  # of an array that becomes a table


def target(path: str | Path, audit_folder: Path) -> str:
    """The name of a file on the page: its path as seen from results/<run>/audit."""
    return Path(os.path.relpath(path, audit_folder)).as_posix()


def is_data(path: Path) -> bool:
    """Whether a file holds numbers that a reader may want as a table: not images, embeddings or weights."""
    if path.suffix != ".npy":
        return path.suffix in TEXT
    array = np.load(path, mmap_mode="r")
    return array.dtype.kind == "f" and array.ndim <= 2 and array.size <= MOST_VALUES


def embedded(files: dict[str, Path], room: int) -> dict[str, dict[str, str]]:
    """Files by target as `name` and `gzip`, base 64; the smallest first, as many as there is room for (bytes)."""
    packed = {
        name: {"name": f"{path.stem}{'.csv' if path.suffix == '.npy' else path.suffix}", "gzip": _packed(path)}
        for name, path in files.items()
    }
    kept, carried = {}, 0
    for name in sorted(packed, key=lambda name: len(packed[name]["gzip"])):
        carried += len(json.dumps(packed[name])) + len(name)
        if carried <= room:
            kept[name] = packed[name]
    return kept


def _packed(path: Path) -> str:
    # Without a time, equal data makes an equal page.
    return base64.b64encode(gzip.compress(_text(path), mtime=0)).decode()


def _text(path: Path) -> bytes:
    if path.suffix != ".npy":
        return path.read_bytes()
    table = io.StringIO()
    np.savetxt(table, np.atleast_2d(np.load(path)), fmt="%.6g", delimiter=",")
    return table.getvalue().encode()
