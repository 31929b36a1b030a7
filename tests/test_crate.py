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


@pytest.fixture
def run(tmp_path) -> Path:
    """A run of two jobs on prepared data; one of its sections lies on another disk."""
    model, metrics = "results/mine/gan/models/a.safetensors", "results/mine/gan/metrics/all.csv"
    for name in ("resources/datasets/d/images.npy", model, metrics, "results/mine/audit/audit.html"):
        write(tmp_path / name, name)
    images = "resources/datasets/d/images.npy"
    leave_record(tmp_path, "resources/datasets/d/provenance.json", outputs={"images": images})
    leave_record(tmp_path, "results/mine/gan/models/a.provenance.json", [images], {"model": model})
    leave_record(tmp_path, "results/mine/gan/metrics/all.provenance.json", [model], {"all": metrics})
    (tmp_path / "results/mine/gan").rename(tmp_path / "gan")
    (tmp_path / "results/mine/gan").symlink_to(tmp_path / "gan")
    return tmp_path / "results/mine"


@pytest.fixture
def crate(run, tmp_path) -> Path:
    write_crate(run, tmp_path / "mine.zip")
    return tmp_path / "mine.zip"


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


def test_it_holds_results_records_settings_lock_and_licence_and_no_models(crate):
    with zipfile.ZipFile(crate) as archive:
        names = set(archive.namelist())
        record = json.loads(archive.read("mine/gan/metrics/all.provenance.json"))
        metrics = hashlib.sha256(archive.read("mine/gan/metrics/all.csv")).hexdigest()
    assert {"Snakefile", "requirements.lock", "LICENSE", "CITATION.cff", "config/config.yaml"} <= names
    assert "mine/audit/audit.html" in names
    assert not [name for name in names if name.endswith((".safetensors", ".npy"))]
    assert record["outputs"]["all"] == metrics


def test_a_folder_without_records_is_refused_in_one_line(tmp_path):
    with pytest.raises(ArchdynError, match=r"has no \*\.provenance\.json"):
        write_crate(tmp_path, tmp_path / "crate.zip")
