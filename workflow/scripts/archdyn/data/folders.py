"""A user's folder of pictures: which file is of which split and class, and what they hold; no picture is opened.

Snakemake asks on every start, so this needs nothing but the standard library.
"""

import hashlib
import json
import os
from contextlib import suppress
from pathlib import Path

from archdyn.errors import ArchdynError

TEST_EVERY = 5
# What the folders of a split may be called, whatever their case.
SPLITS = dict.fromkeys(("train", "training"), "train") | dict.fromkeys(("test", "testing"), "test")
SPLITS |= dict.fromkeys(("val", "valid", "validation"), "val")
ALLOWED = "allowed: a folder of image files for each class, in this folder or in both train and test (or val) in it"

Files = dict[str, dict[str, list[Path]]]  # split (train, test) -> class -> files


def listed(root: Path) -> Files:
    """The files of a folder by split and class, each sorted; hidden ones are left out, links followed.

    `root` has folders train and test (or val, which counts where there is no test) with the class folders in them, or
    the class folders themselves; then the first file of each class, in sorted order, and every fifth after it are for
    testing. Raises ArchdynError in one line for any other layout, for fewer than two classes, a class without training
    or test images, two that are one folder, a name that is not UTF-8, and what cannot be read.
    """
    if not root.is_dir():
        raise ArchdynError(f"imagefolder: {root} is not a folder")
    found = _split(root)
    files = {split: _by_class(folder) for split, folder in found.items()} if found else _every_fifth(_by_class(root))
    _check(files, root)
    return files


def counts(files: Files) -> dict[str, dict[str, int]]:
    """How many files there are by split and class."""
    return {split: {name: len(found) for name, found in by_class.items()} for split, by_class in files.items()}


def content_digest(files: Files, known: Path) -> str:
    """A hex digest over each file's split, class, name and content.

    known: a file that keeps the contents' digests by place, size and time of change, so that pictures are not read at
    every start.
    """
    before = json.loads(known.read_text(encoding="utf-8")) if known.is_file() else {}
    now = {}
    digest = hashlib.sha256()
    for split, by_class in files.items():
        for name, found in by_class.items():
            for file in found:
                key = _identity(file)
                now[key] = before.get(key) or _sha256(file)
                digest.update(os.fsencode(f"{split}\n{name}\n{file.name}\n{now[key]}\n"))
    if now != before:
        with suppress(OSError):  # where nobody may write, the next start reads the pictures again
            _write_whole(known, json.dumps(now))
    return digest.hexdigest()[:16]


def printable(path: Path | str) -> str:
    """A file's name as a log can hold it: bytes that are not UTF-8 as \\x.."""
    return os.fsencode(path).decode(errors="backslashreplace")


def _split(root: Path) -> dict[str, Path] | None:
    """The folders of both splits; None where `root` has the class folders themselves."""
    folders = _folders(root)
    by_split = {SPLITS[folder.name.lower()]: folder for folder in folders if folder.name.lower() in SPLITS}
    held_out = by_split.get("test", by_split.get("val"))
    if "train" in by_split and held_out and _folders(by_split["train"]):
        others = sorted(folder.name for folder in folders if folder not in by_split.values())
        if others:
            raise ArchdynError(f"{root}: found {', '.join(others)} beside {by_split['train'].name}; {ALLOWED}")
        return {"train": by_split["train"], "test": held_out}
    if folders and len(by_split) == len(folders):
        raise ArchdynError(f"{root}: found {', '.join(folder.name for folder in folders)} as classes; {ALLOWED}")
    return None


def _every_fifth(files: dict[str, list[Path]]) -> Files:
    return {
        "train": {name: [file for i, file in enumerate(found) if i % TEST_EVERY] for name, found in files.items()},
        "test": {name: found[::TEST_EVERY] for name, found in files.items()},
    }


def _by_class(folder: Path) -> dict[str, list[Path]]:
    return {child.name: _pictures(child) for child in _folders(folder)}


def _pictures(folder: Path) -> list[Path]:
    found = _visible(folder)
    for child in found:
        if child.is_dir():
            raise ArchdynError(f"{printable(child)}: found a folder in a class folder; {ALLOWED}")
    return found


def _folders(folder: Path) -> list[Path]:
    return [child for child in _visible(folder) if child.is_dir()]


def _visible(folder: Path) -> list[Path]:
    """What is in a folder, sorted, without hidden files. Raises ArchdynError for what cannot be read."""
    try:
        found = sorted(child for child in folder.iterdir() if not child.name.startswith("."))
        for child in found:
            child.stat()
    except OSError as error:
        raise ArchdynError(f"{printable(error.filename or folder)}: cannot be read ({error.strerror})") from error
    return found


def _check(files: Files, root: Path) -> None:
    classes = sorted(files["train"])
    if len(classes) < 2:
        raise ArchdynError(f"{root}: an image folder needs two classes or more; {ALLOWED}")
    for name in classes:
        if printable(name) != name:
            raise ArchdynError(f"{root}: the class name {printable(name)} is not UTF-8")
    for split, by_class in files.items():
        empty = [name for name in classes if not by_class.get(name)]
        if empty:
            raise ArchdynError(f"{root}: no {split} images of class {', '.join(empty)}")
        unknown = sorted(set(by_class) - set(classes))
        if unknown:
            raise ArchdynError(f"{root}: {split} has class {', '.join(unknown)}, which train lacks")
        _check_distinct(by_class, root)


def _check_distinct(by_class: dict[str, list[Path]], root: Path) -> None:
    """A link may make one folder two classes."""
    places: dict[Path, str] = {}
    for name, found in by_class.items():
        other = places.setdefault(found[0].parent.resolve(), name)
        if other != name:
            raise ArchdynError(f"{root}: the classes {other} and {name} are one folder")


def _identity(file: Path) -> str:
    facts = file.stat()
    return f"{printable(file)} {facts.st_size} {facts.st_mtime_ns}"


def _sha256(file: Path) -> str:
    if not file.is_file():  # a pipe would be waited for
        raise ArchdynError(f"{printable(file)}: not a readable image: no file")
    try:
        with file.open("rb") as content:
            return hashlib.file_digest(content, "sha256").hexdigest()
    except OSError as error:
        raise ArchdynError(f"{printable(file)}: cannot be read ({error.strerror})") from error


def _write_whole(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{os.getpid()}-{path.name}")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)
