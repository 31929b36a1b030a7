"""Fetch the files of a registry entry from the first source that has the right bytes.

Sources, in order: the user's folder, then those of the registry. A file is right if its content, after gunzip, has the
registry's sha256, wherever it came from.
"""

import gzip
import hashlib
import json
import re
import shutil
import tempfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

from archdyn.data.packages import COMMANDS, Package
from archdyn.data.registry import MISSING, source_label, wanted
from archdyn.data.web import BLOCK, Hub, Patience, Unusable, Web
from archdyn.errors import ArchdynError

MANUAL = Path("resources/manual")
PATIENCE = Patience()
NO_FOLDER = "no such folder"


class MissingData(ArchdynError):
    """No source has a file; the message gives each source's reason and says where to put the file by hand."""


def fetch(
    name: str,
    entry: dict,
    target: Path,
    say: Callable[[str], None] = print,
    patience: Patience = PATIENCE,
) -> list[dict[str, str]]:
    """Put every file that the registry entry `name` wants into the folder `target`, verified and unpacked from gzip.

    resources/manual/<name>/ (a user's folder, or a link to one) is tried first. Returns what each file is: its name,
    its sha256 and where it came from, and of one from the hub the repository and commit. Raises MissingData if a file
    cannot be had; of such a file nothing stays.
    """
    target.mkdir(parents=True, exist_ok=True)
    missing: list[str] = []
    found = []
    with tempfile.TemporaryDirectory(dir=target, prefix=".") as folder:
        sources = _Sources(name, Path(folder), say, patience)
        for alternatives in wanted(entry):
            facts = _first_right(alternatives, sources, target, say)
            if facts:
                found.append(facts)
            else:
                missing.append(" or ".join(file["name"] for file in alternatives))
        if missing:
            raise MissingData(_missing_message(name, missing, sources.reasons))
    return found


def fetch_or_note(name: str, entry: dict, target: Path, say: Callable[[str], None] = print) -> list[dict[str, str]]:
    """`fetch`; if it fails, its message also stays in registry.MISSING, for the end of the run."""
    note = MISSING / f"{name}.txt"
    try:
        found = fetch(name, entry, target, say)
    except MissingData as error:
        note.parent.mkdir(parents=True, exist_ok=True)
        note.write_text(f"{error}\n", encoding="utf-8")
        raise
    note.unlink(missing_ok=True)
    return found


class _Folder:
    """A folder on this machine; `get` gives the path of the file, plain or gzip."""

    def __init__(self, path: Path):
        self._path = path

    def get(self, name: str, limit: int) -> Path:
        for candidate in (self._path / name, self._path / f"{name}.gz"):
            if candidate.is_file():
                return candidate
        raise Unusable("no such file" if self._path.is_dir() else NO_FOLDER)


class _Sources:
    """The sources of an entry, each opened once, since one may serve several files."""

    def __init__(self, entry: str, scratch: Path, say: Callable, patience: Patience):
        self.scratch, self._folder = scratch, MANUAL / entry
        self._say, self._patience = say, patience
        self._opened: dict[str, object] = {}
        self.reasons: dict[tuple[str, str], list[str]] = {}  # by source and fault, what was asked for

    def of(self, alternatives: list[dict]) -> Iterator[tuple[dict, dict]]:
        """Each file with each place to take it from, as the registry has it: first the user's folder."""
        yield from ((file, {"by_hand": str(self._folder)}) for file in alternatives)
        yield from ((file, source) for file in alternatives for source in file["sources"])

    def get(self, file: dict, source: dict) -> Path:
        """The file, however right it is. Raises Unusable."""
        key = json.dumps(source)
        if key not in self._opened:
            self._opened[key] = self._open(source, self.scratch / str(len(self._opened)))
        return self._opened[key].get(file["name"], _limit(file))

    def failed(self, source: dict, label: str, fault: Unusable) -> None:
        """Note why a source does not do, and say it: of one that is down but once; few users have a folder."""
        labels = self.reasons.setdefault((json.dumps(source), str(fault)), [])
        if not labels and str(fault) != NO_FOLDER:
            self._say(f"not from {label}: {fault}")
        labels.append(label)

    def _open(self, source: dict, folder: Path):
        if "by_hand" in source:
            return _Folder(self._folder)
        if "url" in source:
            return Web(source["url"], folder, self._say, self._patience)
        if "hub" in source:
            return Hub(source["hub"], source["commit"], self._say)
        client = next(name for name in COMMANDS if name in source)
        return Package(client, source[client], source["folder"], folder, self._patience.package)


def _first_right(alternatives: list[dict], sources: _Sources, target: Path, say: Callable) -> dict[str, str] | None:
    """What was found of the files, any of which will do; None where no source has one."""
    for file, source in sources.of(alternatives):
        name = file["name"]
        label = f"{source['by_hand']}/{name}" if "by_hand" in source else source_label(source, name)
        try:
            content, sha256 = _verified(sources.get(file, source), file, sources.scratch / "content")
        except Unusable as fault:
            sources.failed(source, label, fault)
            continue
        _move_or_copy(content, target / name, sources.scratch)
        say(f"{name}: from {label}")
        hub = {"repository": source["hub"], "commit": source["commit"]} if "hub" in source else {}
        return {"name": name, "sha256": sha256, "from": label} | hub
    return None


def _verified(raw: Path, file: dict, unpacked: Path) -> tuple[Path, str]:
    """The file with what `raw` holds, gunzipped, and its sha256, if it is what the registry says. Raises Unusable."""
    with raw.open("rb") as start:
        head = start.read(BLOCK)
    if re.match(rb"\s*(<!doctype html|<html)", head, re.IGNORECASE):
        raise Unusable("HTML page instead of data")
    # A file whose own name ends in .gz (an archive, say) is kept as it is.
    zipped = head.startswith(b"\x1f\x8b") and not file["name"].endswith("gz")
    content = _gunzipped(raw, unpacked, _limit(file)) if zipped else raw
    _check_size(content.stat().st_size, file)
    with content.open("rb") as whole:
        sha256 = hashlib.file_digest(whole, "sha256").hexdigest()
    # Some publishers of weights give its first digits alone, in the file's name; the hub's commit is one by itself.
    expected = file.get("sha256", "")
    if not sha256.startswith(expected):
        raise Unusable(f"wrong sha256 {sha256[:8]}… (expected {expected[:8]}…)")
    return content, sha256


def _gunzipped(raw: Path, content: Path, limit: int) -> Path:
    """Stops past `limit` bytes, so that no gzip bomb fills the disk."""
    try:
        with gzip.open(raw) as source, content.open("wb") as out:
            while out.tell() <= limit and (block := source.read(BLOCK)):
                out.write(block)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise Unusable(f"truncated or damaged gzip: {error}") from error
    return content


def _check_size(size: int, file: dict) -> None:
    """Against the registry's `size`, or `at_most` where the exact one is not published."""
    if size < file.get("size", 0):
        raise Unusable(f"truncated: {size} of {file['size']} bytes")
    if size > _limit(file):
        raise Unusable(f"longer than the {_limit(file)} bytes expected")


def _limit(file: dict) -> int:
    return file.get("size") or file["at_most"]


def _move_or_copy(content: Path, target: Path, scratch: Path) -> None:
    """A user's own file, and one in the hub's cache, stay where they are."""
    if content.is_relative_to(scratch):
        content.rename(target)
    else:
        copy = scratch / "copy"
        shutil.copyfile(content, copy)
        copy.rename(target)


def _missing_message(name: str, missing: list[str], reasons: dict[tuple[str, str], list[str]]) -> str:
    lines = [f"the files of {name} cannot be had: {', '.join(missing)}"]
    for (_, fault), labels in reasons.items():
        asked = dict.fromkeys(labels)
        more = f" and {len(asked) - 1} more" if len(asked) > 1 else ""
        lines.append(f"  - {labels[0]}{more}: {fault}")
    lines.append(
        f"  By hand: put these files, unpacked or as .gz, into {MANUAL / name}/ (it may be a link to a folder)."
    )
    return "\n".join(lines)
