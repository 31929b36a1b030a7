"""Files and folders by their content, and whether what Snakemake's cache holds is whole.

Snakemake does not check the folder of its cache between runs (--cache), nor what is in it. It names the files of an
entry `<key>_<output name><suffix>`. Each of our cached rules has an output `provenance`, which holds the digests of the
others.
"""

import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from archdyn.errors import ArchdynError

CACHE = "SNAKEMAKE_OUTPUT_CACHE"  # the environment variable that names its folder
RECORD = "_provenance.json"


def walk(folder: Path) -> list[Path]:
    """All files under a folder, sorted; none where there is no such folder.

    Folders that links lead to are entered, except from inside of themselves. Raises ArchdynError for a folder that
    cannot be read.
    """
    return sorted(_walked(folder, frozenset())) if folder.is_dir() else []


def _walked(folder: Path, above: frozenset) -> Iterator[Path]:
    """above: device and number of the folders that this one is in."""
    try:
        state = folder.stat()
        kinds = [(Path(entry), entry.is_dir(), entry.is_file()) for entry in os.scandir(folder)]
    except OSError as error:
        raise ArchdynError(f"{error.filename or folder}: cannot be read ({error.strerror})") from error
    identity = state.st_dev, state.st_ino
    if identity in above:
        return
    for path, is_folder, is_file in kinds:
        if is_folder:
            yield from _walked(path, above | {identity})
        elif is_file:
            yield path


def content_digest(path: Path) -> str:
    """sha256 of a file, or of a folder's visible files with their names; Snakemake marks folders with hidden ones."""
    if not path.is_dir():
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    digest = hashlib.sha256()
    for file in visible_files(path):
        digest.update(f"{file.relative_to(path)}\n{content_digest(file)}\n".encode())
    return digest.hexdigest()


def visible_files(path: Path) -> list[Path]:
    """A file itself, or all files under a folder, sorted, without hidden ones."""
    if not path.is_dir():
        return [path]
    return [file for file in walk(path) if not file.name.startswith(".")]


def remove(path: Path) -> None:
    """Remove a file, a link or a folder; nothing there is fine."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def checked_cache() -> Path:
    """The cache's folder. Raises ArchdynError when it is not set, relative, missing or cannot be written to."""
    name = os.environ.get(CACHE)
    if not name:
        raise ArchdynError(f"--cache was given, but {CACHE} is not set: export {CACHE}=FOLDER")
    folder = Path(name)
    if not folder.is_absolute():  # Snakemake's links to its entries would lead nowhere
        raise ArchdynError(f"{CACHE}: {name} is relative; write {folder.absolute()}")
    if not folder.is_dir():
        raise ArchdynError(f"{CACHE}: {name} is not a folder; make it with mkdir -p {name}")
    try:
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise ArchdynError(f"{CACHE}: {name} cannot be written to ({error.strerror})") from error
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
        digests = json.loads(record.read_text(encoding="utf-8"))["outputs"]
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
