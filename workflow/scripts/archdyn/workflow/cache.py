"""What Snakemake's cache between runs (--cache) does not check itself: that its folder is usable, its entries whole.

Snakemake names the files of an entry `<key>_<output name><suffix>`. Each of our cached rules has an output
`provenance`, which holds the digests of the others.
"""

import json
import os
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from archdyn.errors import ArchdynError
from archdyn.workflow.files import content_digest, remove, visible_files

VARIABLE = "SNAKEMAKE_OUTPUT_CACHE"
RECORD = "_provenance.json"


def checked_cache() -> Path:
    """The cache's folder. Raises ArchdynError when it is not set, relative, missing or cannot be written to."""
    name = os.environ.get(VARIABLE)
    if not name:
        raise ArchdynError(f"--cache was given, but {VARIABLE} is not set: export {VARIABLE}=FOLDER")
    folder = Path(name)
    if not folder.is_absolute():  # Snakemake's links to its entries would lead nowhere
        raise ArchdynError(f"{VARIABLE}: {name} is relative; write {folder.absolute()}")
    if not folder.is_dir():
        raise ArchdynError(f"{VARIABLE}: {name} is not a folder; make it with mkdir -p {name}")
    try:
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise ArchdynError(f"{VARIABLE}: {name} cannot be written to ({error.strerror})") from error
    return folder


def evict_corrupt(folder: Path) -> list[str]:
    """Remove the entries whose files are not what their jobs wrote, so that those jobs run again; return their keys.

    Raises ArchdynError when one cannot be removed: in a shared folder it may be somebody else's.
    """
    keys = [record.name.removesuffix(RECORD) for record in sorted(folder.glob(f"*{RECORD}"))]
    for key in keys:
        _unnest(folder, key)
    corrupt = [key for key in keys if not _is_whole(folder, key)]
    for key in corrupt:
        for path in folder.glob(f"{key}_*"):
            _evict(path)
    return corrupt


def _unnest(folder: Path, key: str) -> None:
    """Of two runs that store one entry at once, Snakemake moves the later one's folder into the earlier one's."""
    for path in folder.glob(f"{key}_*"):
        if (path / path.name).is_dir():
            _evict(path / path.name)


def _evict(path: Path) -> None:
    try:
        remove(path)
    except PermissionError as error:
        message = f"{path} is corrupt and cannot be removed ({error.strerror}); ask {path.owner()} to do so"
        raise ArchdynError(message) from error


def _is_whole(folder: Path, key: str) -> bool:
    record = folder / f"{key}{RECORD}"
    files = {path.name[len(key) + 1 :].partition(".")[0]: path for path in folder.glob(f"{key}_*") if path != record}
    try:
        digests = json.loads(record.read_text())["outputs"]
    except (ValueError, KeyError):
        return False
    if files.keys() != digests.keys():
        return False
    if all(_untouched_since(record, path) for path in files.values()):
        return True
    whole = all(content_digest(path) == digests[name] for name, path in files.items())
    if whole:
        with suppress(PermissionError):  # somebody else's
            record.touch()  # so that the next run need not read the files again
    return whole


def _untouched_since(record: Path, path: Path) -> bool:
    """By times of change (ctime), which nobody can set; the record's is that of our `touch` if its mtime agrees."""
    marked = record.stat()
    if marked.st_mtime_ns != marked.st_ctime_ns or marked.st_ctime_ns > time.time_ns():
        return False
    return all(part.stat().st_ctime_ns < marked.st_ctime_ns for part in (path, *visible_files(path)))
