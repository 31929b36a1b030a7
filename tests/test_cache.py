"""Snakemake's cache between runs: what a second clone gets back, what is a miss, and what is wrong with the folder."""

import hashlib
import json
import os
import shutil
import time
from collections import Counter
from pathlib import Path

import pytest
import yaml

from archdyn.errors import ArchdynError
from archdyn.workflow.files import checked_cache, content_digest, evict_corrupt
from conftest import Project

SMOKE = ("--cores", "2", "--cache", "--configfile", "config/smoke.yaml")
GAN = "results/smoke/gan"
MODELS = [f"{GAN}/models/baseline_seed{seed}.safetensors" for seed in (0, 1)]
FEATURES = f"{GAN}/embeddings/baseline_seed0_features.npy"
TARGETS = (MODELS[1], FEATURES)
CACHED_JOBS = {"data_download": 1, "data_prepare": 1, "classifier_train": 1, "gan_train": 2, "gan_measure": 1}


@pytest.fixture(scope="module")
def downloading(prepared, tmp_path_factory) -> Project:
    """The synthetic files as though they were MNIST's, so that downloading is among the jobs."""
    project = Project.fresh(tmp_path_factory.mktemp("downloading"))
    registry = project.folder / "config/datasets.yaml"
    entries = yaml.safe_load(registry.read_text())
    for file in entries["datasets"]["mnist"]["files"].values():
        content = (prepared.folder / "resources/raw/synthetic_mnist" / file["name"]).read_bytes()
        file |= {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    registry.write_text(yaml.safe_dump(entries))
    project.replace("config/smoke.yaml", "gan:\n  dataset: synthetic_mnist", "gan:\n  dataset: mnist")
    return project


@pytest.fixture(scope="module")
def first(downloading, prepared, tmp_path_factory) -> Project:
    """A clone that filled the cache; it alone can reach the data."""
    project = downloading.clone(tmp_path_factory.mktemp("first"))
    project.environment["SNAKEMAKE_OUTPUT_CACHE"] = str(tmp_path_factory.mktemp("cache"))
    raw = prepared.folder / "resources/raw/synthetic_mnist"
    shutil.copytree(raw, project.folder / "resources/manual/mnist")
    run = project.snakemake(*TARGETS, *SMOKE)
    assert run.returncode == 0, run.stdout[-3000:]
    assert jobs_run(project) == CACHED_JOBS
    return project


@pytest.fixture
def second(first, downloading, tmp_path) -> Project:
    project = downloading.clone(tmp_path)
    project.environment["SNAKEMAKE_OUTPUT_CACHE"] = first.environment["SNAKEMAKE_OUTPUT_CACHE"]
    return project


def jobs_run(project: Project) -> dict[str, int]:
    """Jobs by rule that left a log; Snakemake makes empty ones for those that the cache answered."""
    logs = [*project.folder.glob("resources/logs/*/*.log"), *project.folder.glob("results/smoke/logs/*/*.log")]
    return dict(Counter(log.parent.name for log in logs if log.stat().st_size))


def content(project: Project) -> list[bytes]:
    return [(project.folder / path).read_bytes() for path in (*MODELS, FEATURES)]


@pytest.mark.long
def test_a_second_clone_gets_all_of_it_without_running(first, second):
    run = second.snakemake(*TARGETS, *SMOKE)
    assert run.returncode == 0, run.stdout[-3000:]
    assert jobs_run(second) == {}
    assert content(second) == content(first)
    assert len(set(content(second))) == 3  # each seed has an entry of its own
    second.verify()


@pytest.mark.long
def test_an_edited_helper_is_a_miss(second):
    def misses() -> int:
        return second.snakemake("--dry-run", *TARGETS, *SMOKE).stdout.count("will be written to global")

    assert misses() == 0
    second.replace("workflow/scripts/archdyn/experiments/gan/model.py", "LEAK = 0.2", "LEAK = 0.3")
    assert misses() == 3  # two trainings, and the measuring of one


@pytest.mark.fault("it is removed with a line, and the job runs again.")
@pytest.mark.long
def test_corrupt_entries_are_found_and_made_again(first, second):
    """A file's and a folder's."""
    whole, cache = content(first), Path(first.environment["SNAKEMAKE_OUTPUT_CACHE"])
    said = set()
    for path in (first.folder / FEATURES, next((first.folder / "resources/raw/mnist").iterdir())):
        path.resolve().write_bytes(path.read_bytes()[:-9])
        key = path.resolve().relative_to(cache).parts[0].partition("_")[0]
        said.add(f"cache: {cache}/{key}_* is corrupt and removed; what needs it runs again")
    plan = second.snakemake("--dry-run", *TARGETS, *SMOKE)
    assert {line for line in plan.stdout.splitlines() if line.startswith("cache: ")} == said
    shutil.copytree(first.folder / "resources/manual", second.folder / "resources/manual")
    for project in (second, first):
        run = project.snakemake(*TARGETS, *SMOKE)
        assert run.returncode == 0, run.stdout[-3000:]
        assert content(project) == whole
    assert sum(jobs_run(second).values()) == 2


@pytest.fixture
def entries(tmp_path):
    """A folder with one whole entry, as Snakemake lays it out."""
    (tmp_path / "key_model.safetensors").write_text("weights")
    (tmp_path / "key_raw").mkdir()
    (tmp_path / "key_raw/file").write_text("bytes")
    files = {"model": tmp_path / "key_model.safetensors", "raw": tmp_path / "key_raw"}
    outputs = {name: content_digest(path) for name, path in files.items()}
    (tmp_path / "key_provenance.json").write_text(json.dumps({"outputs": outputs}))
    time.sleep(0.05)  # the kernel's time stamps are no finer than some milliseconds
    return tmp_path


def test_a_whole_entry_stays_and_is_read_once(entries, monkeypatch):
    assert evict_corrupt(entries) == []
    monkeypatch.setattr("archdyn.workflow.files.content_digest", lambda path: pytest.fail(f"{path} was read again"))
    assert evict_corrupt(entries) == []
    assert len(list(entries.iterdir())) == 3


@pytest.mark.fault("the entry is removed, and the job runs again.")
@pytest.mark.parametrize(
    "damage",
    [
        lambda folder: (folder / "key_raw/file").write_text("other"),
        lambda folder: (folder / "key_raw/more").write_text(""),
        lambda folder: (folder / "key_raw/file").unlink(),
        lambda folder: (folder / "key_model.safetensors").unlink(),
        lambda folder: (folder / "key_provenance.json").write_text("{"),
        lambda folder: (folder / "key_provenance.json").write_text("{}"),
    ],
    ids=["changed", "added", "removed", "missing", "unreadable record", "foreign record"],
)
def test_what_is_not_whole_is_evicted_even_after_it_was(entries, damage):
    assert evict_corrupt(entries) == []
    damage(entries)
    assert evict_corrupt(entries) == ["key"]
    assert list(entries.iterdir()) == []


@pytest.mark.fault("the entry stays as the first run stored it.")
def test_a_folder_that_two_runs_stored_at_once_stays(entries):
    shutil.copytree(entries / "key_raw", entries / "key_raw/key_raw")
    assert evict_corrupt(entries) == []
    assert [path.name for path in (entries / "key_raw").iterdir()] == ["file"]


@pytest.mark.fault("the entry is read, and removed where it is corrupt.")
def test_a_date_in_the_future_vouches_for_nothing(entries):
    assert evict_corrupt(entries) == []
    (entries / "key_raw/file").write_text("other")
    later = time.time() + 3600
    for path in (entries / "key_provenance.json", entries / "key_raw/file"):
        os.utime(path, (later, later))
    assert evict_corrupt(entries) == ["key"]


@pytest.mark.fault("one line names it and its owner.")
def test_somebody_elses_entry_that_is_corrupt_is_named(entries, monkeypatch):
    def refuse(path: Path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("archdyn.workflow.files.remove", refuse)
    assert evict_corrupt(entries) == []
    (entries / "key_model.safetensors").write_text("other")
    with pytest.raises(ArchdynError, match=r"is corrupt and cannot be removed \(Permission denied\); ask \S+ to"):
        evict_corrupt(entries)


@pytest.mark.fault("one line says how to mend it, before any job.")
@pytest.mark.parametrize(
    ("folder", "said"),
    [
        (None, "--cache was given, but SNAKEMAKE_OUTPUT_CACHE is not set: export SNAKEMAKE_OUTPUT_CACHE=FOLDER"),
        (".", "SNAKEMAKE_OUTPUT_CACHE: . is relative; write {here}"),
        ("/no/such", "SNAKEMAKE_OUTPUT_CACHE: /no/such is not a folder; make it with mkdir -p /no/such"),
        ("/proc", "SNAKEMAKE_OUTPUT_CACHE: /proc cannot be written to (No such file or directory)"),
    ],
    ids=["unset", "relative", "missing", "not writable"],
)
def test_an_unusable_folder_is_told(monkeypatch, folder, said):
    monkeypatch.setenv("SNAKEMAKE_OUTPUT_CACHE", folder or "")
    with pytest.raises(ArchdynError) as error:
        checked_cache()
    assert str(error.value) == said.format(here=Path.cwd())


@pytest.mark.fault("one line says how to mend it, before any job.")
def test_an_unusable_folder_stops_before_any_job(project):
    project.environment["SNAKEMAKE_OUTPUT_CACHE"] = "/no/such"
    run = project.snakemake("--dry-run", MODELS[0], *SMOKE)
    assert run.returncode == 1
    assert run.stdout.splitlines()[-1].startswith("cache error: SNAKEMAKE_OUTPUT_CACHE: /no/such is not a folder")


def test_every_cached_rule_names_its_wildcards_in_its_params(project):
    """The cache's key has a job's params, but not its wildcards: two seeds would share one entry."""
    check = """
for rule in workflow.rules:
    if rule.cache and rule.cache.output:
        texts = [value for _, value in rule.params.items() if isinstance(value, str)]
        missing = [name for name in rule.wildcard_names if not any("{" + name + "}" in text for text in texts)]
        print("cached:", rule.name, *missing)
"""
    snakefile = project.folder / "Snakefile"
    snakefile.write_text(snakefile.read_text() + check)
    (project.folder / "cache").mkdir()
    project.environment |= {"SNAKEMAKE_OUTPUT_CACHE": str(project.folder / "cache")}
    lines = project.snakemake("--dry-run", "--cache", "--configfile", "config/smoke.yaml").stdout.splitlines()
    cached = [line.removeprefix("cached: ") for line in lines if line.startswith("cached: ")]
    assert "gan_train" in cached and "data_download" in cached
    assert [line for line in cached if " " in line] == []
