"""Downloads against a local server that misbehaves; no test needs a network."""

import contextlib
import dataclasses
import gzip
import importlib.util
import io
import json
import os
import shutil
import socket
import subprocess
import sys
import tarfile
import threading
import time
import zipfile
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from archdyn.data.download import MissingData, fetch
from archdyn.data.web import BLOCK, Patience, lines_said_by
from loopback import Loopback, serving, sha256

CONTENT = bytes(range(256)) * 8
PATIENCE = Patience(connect=0.5, read=0.2, retries=1, package=5)


BODIES = {
    "right": CONTENT,
    "zipped": gzip.compress(CONTENT),
    "zipped_short": gzip.compress(CONTENT)[:-20],
    "wrong": CONTENT[::-1],
    "short": CONTENT[:12],
    "bad_length": CONTENT[:12],
    "html": b"\n<!DOCTYPE html><html>Please log in</html>",
    "cut": bytes(3 * BLOCK),
    "stall": bytes(3 * BLOCK),
}
LENGTHS = {"cut": str(4 * BLOCK), "stall": str(4 * BLOCK), "bad_length": "many"}  # where they are not the bodies'


class Manners(BaseHTTPRequestHandler):
    """Answers in the manner that the first part of the path names."""

    def do_GET(self):
        manner = self.path.split("/")[1]
        self.server.asked.append(manner)
        if manner == "absent":
            self.send_error(404)
        elif manner == "busy" or (manner == "busy_once" and self.server.asked.count(manner) == 1):
            self.send_error(503)
        elif manner == "endless":
            self._send([bytes(BLOCK)] * 200)
        elif manner != "hang_up":
            body = BODIES.get(manner, CONTENT)
            self._send([body], LENGTHS.get(manner, str(len(body))))
        if manner == "stall":
            time.sleep(3 * PATIENCE.read)

    def log_message(self, *_):
        pass

    def _send(self, blocks: list[bytes], length: str | None = None):
        self.send_response(200)
        if length:
            self.send_header("Content-Length", length)
        self.end_headers()
        with contextlib.suppress(ConnectionError):
            for block in blocks:
                self.wfile.write(block)
            self.wfile.flush()


@pytest.fixture
def server(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # the by-hand folder is relative to the working directory
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with serving(Loopback(Manners)) as running:
        yield running


def url(server: Loopback, manner: str) -> str:
    return f"{server.address}/{manner}/{{name}}"


def entry_of(*sources: str | dict, names=("data.bin",), size: int = len(CONTENT)) -> dict:
    files = {name: {"name": name, "size": size, "sha256": sha256(CONTENT)} for name in names}
    return {
        "files": files,
        "sources": [{"url": source} if isinstance(source, str) else source for source in sources],
    }


def get(entry: dict, target, patience: Patience = PATIENCE) -> list[str]:
    said = []
    fetch("toy", entry, target, say=said.append, patience=patience)
    return said


# A manner, the reason that is told, and how often the source is asked.
BROKEN = {
    "absent": ("404 Not Found", 1),
    "busy": ("503 Service Unavailable", 2),
    "html": ("HTML page instead of data", 1),
    "wrong": ("wrong sha256 ", 1),
    "short": ("truncated: 12 of 2048 bytes", 1),
    "endless": ("longer than the 2048 bytes expected", 1),
    "zipped_short": ("truncated or damaged gzip", 1),
    "hang_up": ("RemoteDisconnected: Remote end closed connection without response", 1),
    "bad_length": ("ValueError: ", 2),
}


@pytest.mark.fault("one line gives each source's reason, and nothing stays; the next source is tried.")
@pytest.mark.parametrize(("manner", "reason", "requests"), [(manner, *what) for manner, what in BROKEN.items()])
def test_a_failing_source_is_told_and_leaves_nothing_and_the_next_is_tried(server, tmp_path, manner, reason, requests):
    target = tmp_path / "raw"
    with pytest.raises(MissingData) as caught:
        get(entry_of(url(server, manner)), target)
    message = str(caught.value)
    assert f"{server.address}/{manner}/data.bin: {reason}" in message
    assert message.startswith("the files of toy cannot be had: data.bin\n") and "into resources/manual/toy/" in message
    assert server.asked == [manner] * requests
    assert list(target.iterdir()) == []
    said = get(entry_of(url(server, manner), url(server, "zipped")), target)
    assert [file.read_bytes() for file in target.iterdir()] == [CONTENT]
    assert said[-2].startswith(f"not from {server.address}/{manner}/data.bin: {reason}")
    assert said[-1] == f"data.bin: from {server.address}/zipped/data.bin"


@pytest.mark.fault("it is asked again, then its reason is told.")
@pytest.mark.parametrize(("manner", "reason"), [("cut", "IncompleteRead"), ("stall", "TimeoutError")])
def test_an_answer_that_breaks_off_is_asked_for_again(server, tmp_path, manner, reason):
    with pytest.raises(MissingData, match=f"/{manner}/data.bin: {reason}: "):
        get(entry_of(url(server, manner), size=4 * BLOCK), tmp_path / "raw")
    assert server.asked == [manner] * 2
    assert list((tmp_path / "raw").iterdir()) == []


@pytest.mark.parametrize("manner", ["right", "absent", "cut"])
def test_a_download_leaves_no_thread_that_could_hang_the_next(server, tmp_path, manner):
    """tqdm's watching thread once waited for ever for a lock, while a bar that had failed was collected."""
    before = set(threading.enumerate())
    with contextlib.suppress(MissingData):
        get(entry_of(url(server, manner)), tmp_path / "raw")
    assert [thread for thread in set(threading.enumerate()) - before if "tqdm" in thread.name] == []


@pytest.mark.parametrize(("manner", "requests"), [("right", 1), ("zipped", 1), ("busy_once", 2)])
def test_good_source(server, tmp_path, manner, requests):
    get(entry_of(url(server, manner)), tmp_path / "raw")
    assert (tmp_path / "raw" / "data.bin").read_bytes() == CONTENT
    assert server.asked == [manner] * requests


def test_every_reason_is_listed_in_order_and_once_for_several_files(server, tmp_path):
    with pytest.raises(MissingData) as caught:
        get(entry_of(url(server, "absent"), url(server, "wrong"), names=("a", "b", "c")), tmp_path / "raw")
    message = str(caught.value)
    assert message.index("no such folder") < message.index("404") < message.index("wrong sha256")
    assert f"  - {server.address}/absent/a and 2 more: 404 Not Found\n" in message


def test_any_one_of_several_files_will_do_and_is_recorded(server, tmp_path):
    other = CONTENT[::-1]
    alternatives = [
        {"name": "a", "size": 2048, "sha256": sha256(CONTENT), "sources": [{"url": url(server, "absent")}]},
        {"name": "b", "size": 2048, "sha256": sha256(other), "sources": [{"url": url(server, "wrong")}]},
    ]
    found = fetch("toy", {"one_of": alternatives}, tmp_path / "raw", say=lambda line: None, patience=PATIENCE)
    assert found == [{"name": "b", "sha256": sha256(other), "from": f"{server.address}/wrong/b"}]
    assert [file.name for file in (tmp_path / "raw").iterdir()] == ["b"]
    with pytest.raises(MissingData, match="cannot be had: a or b\n"):
        get({"one_of": [file | {"sha256": "no"} for file in alternatives]}, tmp_path / "none")


def test_a_source_that_gives_no_answer_is_asked_for_the_first_file_only(server, tmp_path):
    said = get(entry_of(url(server, "hang_up"), url(server, "right"), names=("a", "b")), tmp_path / "raw")
    assert server.asked == ["hang_up"] + ["right"] * 2
    assert [line.split()[0] for line in said] == ["not", "a:", "b:"]


@pytest.mark.fault("the source is left at once.")
def test_refused_connection_fails_fast(server, tmp_path):
    closed = Loopback(Manners)
    closed.server_close()
    start = time.monotonic()
    with pytest.raises(MissingData, match="ConnectionRefusedError: "):
        get(entry_of(url(closed, "right"), names=("a", "b", "c")), tmp_path / "raw")
    assert time.monotonic() - start < 1


@pytest.mark.fault("the source is left within seconds.")
def test_silent_network_is_left_soon(server, tmp_path, monkeypatch):
    """A backlog of one that is full answers nobody, as a firewall does that swallows packets."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listening, contextlib.ExitStack() as stack:
        for _ in range(2):
            taken = stack.enter_context(socket.socket())
            taken.setblocking(False)
            taken.connect_ex(listening.getsockname())
        start = time.monotonic()
        with pytest.raises(MissingData, match="TimeoutError: timed out"):
            get(entry_of(f"http://127.0.0.1:{listening.getsockname()[1]}/{{name}}", names=("a", "b")), tmp_path / "raw")
    assert time.monotonic() - start < 3


@pytest.mark.fault("its reason is told, and the next source tried.")
def test_a_stale_bundle_of_certificates_is_a_failed_source(server, tmp_path, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere/certificates.pem")
    said = get(entry_of("https://127.0.0.1:1/{name}", url(server, "right")), tmp_path / "raw")
    assert "/nowhere/certificates.pem" in said[-2]
    assert said[-1].endswith("/right/data.bin")


@pytest.mark.fault("the job ends; no other source could help.")
def test_a_full_disk_is_no_fault_of_the_source(server, tmp_path, monkeypatch):
    monkeypatch.setattr("pooch.HTTPDownloader.__call__", lambda *_: Path("/dev/full").write_bytes(CONTENT))
    with pytest.raises(OSError, match="No space left"):
        get(entry_of(url(server, "right")), tmp_path / "raw")


def test_megabytes_and_the_time_left_are_said_while_a_file_comes(monkeypatch):
    monkeypatch.setattr("archdyn.data.web.SAID_EVERY", 0.05)
    said = []
    with lines_said_by(said.append)(desc="big.bin", total=4_000_000) as bar:
        for _ in range(4):
            time.sleep(0.1)
            bar.update(1_000_000)
    assert [line.split(",")[0] for line in said] == [f"big.bin: {n} of 4 MB" for n in (1, 2, 3)]
    assert all(line.endswith(" 00:00 left") for line in said)


@pytest.fixture
def manual(server, tmp_path) -> Path:
    """The folder for files by hand."""
    folder = tmp_path / "resources/manual/toy"
    folder.mkdir(parents=True)
    return folder


def test_the_users_folder_comes_before_any_request(server, manual, tmp_path):
    (manual / "a").write_bytes(CONTENT)
    (manual / "b.gz").write_bytes(gzip.compress(CONTENT))
    get(entry_of(url(server, "right"), names=("a", "b")), tmp_path / "raw")
    assert sorted(file.name for file in (tmp_path / "raw").iterdir()) == ["a", "b"]
    assert (manual / "a").exists() and (manual / "b.gz").exists()
    assert server.asked == []


@pytest.mark.fault("the next source is tried.")
def test_wrong_bytes_in_the_own_folder_are_not_taken(server, manual, tmp_path):
    (manual / "data.bin").write_bytes(CONTENT[::-1])
    get(entry_of(url(server, "right")), tmp_path / "raw")
    assert (tmp_path / "raw" / "data.bin").read_bytes() == CONTENT


def test_archives_keep_their_compression(server, manual, tmp_path):
    zipped = gzip.compress(CONTENT, mtime=0)
    (manual / "data.tar.gz").write_bytes(zipped)
    entry = entry_of(url(server, "absent"), names=("data.tar.gz",))
    entry["files"]["data.tar.gz"] |= {"size": len(zipped), "sha256": sha256(zipped)}
    get(entry, tmp_path / "raw")
    assert (tmp_path / "raw" / "data.tar.gz").read_bytes() == zipped


# --- the hub

COMMIT = "0123456789" * 4
AT = f"/owner/model/resolve/{COMMIT}/model.safetensors"


def fetch_from_hub(folder, **environment: str) -> dict:
    """What a process of its own fetched, or the message that it ended with: the library reads its variables once."""
    file = {"name": "model.safetensors", "at_most": 5000, "sources": [{"hub": "owner/model", "commit": COMMIT}]}
    code = f"""
import json
from pathlib import Path
from archdyn.data.download import MissingData, fetch
try:
    print(json.dumps(fetch("toy", {{"one_of": [{file!r}]}}, Path("raw"), say=lambda line: None)[0]))
except MissingData as error:
    print(json.dumps({{"error": str(error)}}))
"""
    own = os.environ | {"HF_HOME": str(folder / "hub"), "NO_PROXY": "127.0.0.1"} | environment
    run = subprocess.run([sys.executable, "-c", code], cwd=folder, env=own, capture_output=True, text=True, check=True)
    return json.loads(run.stdout)


def test_weights_come_from_the_hub_at_a_commit_and_again_from_its_cache(tmp_path):
    with serving(Loopback()) as hub:
        hub.files[AT] = CONTENT
        found = fetch_from_hub(tmp_path, HF_ENDPOINT=hub.address)
        assert [asked for asked in hub.asked if asked.endswith(AT)] == [f"HEAD {AT}", f"GET {AT}"]
    assert found == {
        "name": "model.safetensors",
        "sha256": sha256(CONTENT),
        "from": "owner/model@0123456/model.safetensors on the hub",
        "repository": "owner/model",
        "commit": COMMIT,
    }
    assert (tmp_path / "raw" / "model.safetensors").read_bytes() == CONTENT
    (tmp_path / "raw" / "model.safetensors").unlink()
    assert fetch_from_hub(tmp_path, HF_HUB_OFFLINE="1") == found
    assert (tmp_path / "raw" / "model.safetensors").read_bytes() == CONTENT


@pytest.mark.fault("one line gives the reason.")
@pytest.mark.parametrize(
    ("environment", "reason"),
    [
        ({}, "404 Not Found"),
        ({"HF_HUB_OFFLINE": "1"}, "OfflineModeIsEnabled: "),
        ({"HF_ENDPOINT": "https://127.0.0.1:1", "SSL_CERT_FILE": "/nowhere/certificates.pem"}, "FileNotFoundError: "),
    ],
    ids=["absent", "offline", "stale certificates"],
)
def test_a_hub_that_does_not_give_the_file_is_one_reason(tmp_path, environment, reason):
    with serving(Loopback()) as hub:
        error = fetch_from_hub(tmp_path, **{"HF_ENDPOINT": hub.address} | environment)["error"]
    (line,) = [line for line in error.splitlines() if "on the hub" in line]
    assert f"model.safetensors on the hub: {reason}" in line


# --- packages


def fake_client(folder, monkeypatch, body: str):
    """An `npm` made of shell, the only program on the PATH but for the system's."""
    program = folder / "bin" / "npm"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\n{body}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/bin:/usr/bin")


NPM = {"npm": "toy@1", "folder": "package/data"}


def test_package_client_is_run_once_and_nothing_is_unpacked(server, tmp_path, monkeypatch):
    with tarfile.open(tmp_path / "toy-1.tgz", "w:gz") as tar:
        for name, content in (("data/a", CONTENT), ("data/b.gz", gzip.compress(CONTENT)), ("../../evil", b"evil")):
            member = tarfile.TarInfo(f"package/{name}")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    fake_client(tmp_path, monkeypatch, f'echo "$@" >> {tmp_path}/calls; cp {tmp_path}/toy-1.tgz .')
    get(entry_of(NPM, names=("a", "b")), tmp_path / "raw")
    assert sorted(file.name for file in (tmp_path / "raw").iterdir()) == ["a", "b"]
    assert (tmp_path / "raw" / "b").read_bytes() == CONTENT
    calls = (tmp_path / "calls").read_text().splitlines()
    assert len(calls) == 1 and calls[0].startswith("pack toy@1")
    assert not list(tmp_path.rglob("evil"))


@pytest.mark.fault("its reason is told.")
@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("echo 'npm error 404' >&2; exit 1", "npm failed: npm error 404"),
        ("tar -czf toy-1.tgz --files-from /dev/null", r"toy-1\.tgz holds no package/data/data\.bin"),
        ("exit 0", "npm left no package"),
    ],
    ids=["fails", "empty", "nothing"],
)
def test_a_package_client_that_gives_no_file(server, tmp_path, monkeypatch, body, reason):
    fake_client(tmp_path, monkeypatch, body)
    with pytest.raises(MissingData, match=f"npm package toy@1: {reason}"):
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


def test_a_wheel_is_read_and_neither_installed_nor_run(server, wheels, tmp_path):
    said = get(entry_of(WHEEL), tmp_path / "raw", patience=PIP_PATIENCE)
    assert (tmp_path / "raw" / "data.bin").read_bytes() == CONTENT
    assert said[-1] == "data.bin: from pip package toy==1"
    assert not (tmp_path / "ran").exists()
    assert importlib.util.find_spec("toy") is None


def test_an_index_that_cannot_be_reached_is_told_with_the_place_by_hand(server, wheels, tmp_path, monkeypatch):
    closed = Loopback(Manners)
    closed.server_close()
    monkeypatch.setenv("PIP_NO_INDEX", "0")
    monkeypatch.setenv("PIP_INDEX_URL", f"{closed.address}/simple")
    with pytest.raises(MissingData, match="pip package absent==1: .* failed: connection broken") as caught:
        get(entry_of(WHEEL | {"pip": "absent==1"}), tmp_path / "raw", patience=PIP_PATIENCE)
    assert "into resources/manual/toy/" in str(caught.value)


@pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="dpkg-deb is not here")
def test_a_debian_package_is_read_without_unpacking(server, tmp_path, monkeypatch):
    built = tmp_path / "built"
    (built / "DEBIAN").mkdir(parents=True)
    (built / "DEBIAN/control").write_text(
        "Package: toy\nVersion: 1\nArchitecture: all\nMaintainer: x\nDescription: x\n"
    )
    (built / "usr/share").mkdir(parents=True)
    (built / "usr/share/data.bin.gz").write_bytes(gzip.compress(CONTENT))
    subprocess.run(["dpkg-deb", "--build", built, tmp_path / "toy.deb"], check=True, capture_output=True)
    monkeypatch.setattr("archdyn.data.packages.COMMANDS", {"debian": ["cp", str(tmp_path / "toy.deb"), "."]})
    get(entry_of({"debian": "toy", "folder": "usr/share"}), tmp_path / "raw")
    assert (tmp_path / "raw" / "data.bin").read_bytes() == CONTENT
