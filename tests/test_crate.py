"""A run as an RO-Crate: the community's own validator accepts it, and it holds what it says."""

import hashlib
import json
import zipfile
from pathlib import Path

import pytest
import rdflib.plugins.shared.jsonld.context as jsonld
import responses
import rocrate
from rocrate_validator import models, services

from archdyn.errors import ArchdynError
from archdyn.workflow.crate import write_crate
from conftest import leave_record, write

CONTEXT = "https://w3id.org/ro/crate/1.1/context"


@pytest.fixture(scope="module")
def crate(smoke_run, tmp_path_factory) -> Path:
    output = tmp_path_factory.mktemp("crate") / "smoke.zip"
    write_crate(smoke_run.folder / "results/smoke", output)
    return output


@pytest.fixture
def without_network(monkeypatch):
    """The validator fetches RO-Crate's vocabulary, which the package rocrate ships; nothing else may be fetched."""
    vocabulary = json.loads((Path(rocrate.__file__).parent / "data/ro-crate.jsonld").read_text())
    # The package ships version 1.3; in 1.1, which the profiles build on, this term has another address.
    vocabulary["@context"]["ComputationalWorkflow"] = "https://bioschemas.org/ComputationalWorkflow"
    monkeypatch.setattr(jsonld, "source_to_json", lambda source, *_, **__: ({CONTEXT: vocabulary}[source], None))
    with responses.RequestsMock(assert_all_requests_are_fired=False) as requests:
        requests.get(CONTEXT, json=vocabulary)
        yield


def issues(crate: Path) -> list[str]:
    settings = services.ValidationSettings(
        rocrate_uri=str(crate),
        profile_identifier="workflow-run-crate-0.5",
        requirement_severity=models.Severity.REQUIRED,
        no_cache=True,
    )
    found = services.validate(settings).get_issues()
    return [f"{issue.check.identifier}: {issue.message}" for issue in found]


def test_the_validator_accepts_it(crate, without_network):
    assert issues(crate) == []


def test_it_holds_results_records_settings_lock_and_licence(crate, smoke_run):
    with zipfile.ZipFile(crate) as archive:
        names = set(archive.namelist())
        assert {"Snakefile", "requirements.lock", "LICENSE", "CITATION.cff", "config/config.yaml"} <= names
        assert {"smoke/gan/metrics/all.csv", "smoke/audit/audit.html"} <= names
        assert not [name for name in names if name.endswith((".safetensors", "_images.npy"))]
        record = json.loads(archive.read("smoke/gan/metrics/summary.provenance.json"))
        summary = hashlib.sha256(archive.read("smoke/gan/metrics/summary.csv")).hexdigest()
    assert record["outputs"]["summary"] == summary


def test_a_section_on_another_disk_travels(tmp_path):
    run, disk = tmp_path / "results/mine", tmp_path / "disk"
    write(disk / "metrics/all.csv", "experiment\n")
    leave_record(disk, "metrics/all.provenance.json", commit="unknown")
    run.mkdir(parents=True)
    (run / "gan").symlink_to(disk)
    write_crate(run, tmp_path / "mine.zip")
    with zipfile.ZipFile(tmp_path / "mine.zip") as archive:
        assert {"mine/gan/metrics/all.csv", "mine/gan/metrics/all.provenance.json"} <= set(archive.namelist())


def test_a_folder_without_records_is_refused_in_one_line(tmp_path):
    with pytest.raises(ArchdynError, match=r"has no \*\.provenance\.json"):
        write_crate(tmp_path, tmp_path / "crate.zip")
