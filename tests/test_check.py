"""Whether the registries' sources live, asked of a server on loopback, and where there is none."""

import os
import subprocess
import sys

import pytest

from archdyn.data.check import entries
from conftest import ROOT
from loopback import Loopback, serving

COMMIT = "0123456789" * 4


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess:
    own = os.environ | {"PYTHONPATH": str(ROOT / "workflow/scripts"), "NO_PROXY": "127.0.0.1"} | environment
    return subprocess.run([sys.executable, *arguments], env=own, capture_output=True, text=True)


def test_each_source_is_asked_for_its_head():
    with serving(Loopback()) as hosts:
        hosts.files |= {"/right/a": b"12345", "/short/a": b"1", f"/own/model/resolve/{COMMIT}/a": b"12345"}
        sources = [{"url": f"{hosts.address}/{manner}/{{name}}"} for manner in ("right", "short", "absent")]
        sources += [{"hub": "own/model", "commit": COMMIT}, {"hub": "own/other", "commit": COMMIT}]
        entry = {"one_of": [{"name": "a", "size": 5, "sources": sources}]}
        code = f"from archdyn.data.check import check; print(check({{'toy': {entry}}}))"
        assert run("-c", code, HF_ENDPOINT=hosts.address).stdout.splitlines() == [
            f"lives  toy: {hosts.address}/right/a",
            f"dead   toy: {hosts.address}/short/a: has 1 bytes; expected: 5",
            f"dead   toy: {hosts.address}/absent/a: 404 Not Found",
            "lives  toy: own/model@0123456/a on the hub",
            "dead   toy: own/other@0123456/a on the hub: 404 Not Found",
            "False",
        ]
        assert not [asked for asked in hosts.asked if asked.startswith("GET") and asked.endswith("/a")]


@pytest.mark.fault("a line for each source, and no traceback.")
def test_without_a_network_every_source_is_told():
    refusing = {"https_proxy": "http://127.0.0.1:1", "http_proxy": "http://127.0.0.1:1", "NO_PROXY": ""}
    checked = run("-m", "archdyn.data.check", **refusing, PATH="/nowhere", PIP_NO_INDEX="1", PIP_FIND_LINKS="")
    assert checked.returncode == 1
    assert checked.stderr == ""
    assert all(line.startswith("dead   ") for line in checked.stdout.splitlines())
    assert {line.split()[1].rstrip(":") for line in checked.stdout.splitlines()} == set(entries())
