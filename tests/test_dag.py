"""Which jobs are planned: for each config, and after each kind of change.

What a finished run must make again is told twice, by Snakemake and by the records of its jobs: all that a change
touches by itself, and all that was made from that.
"""

import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from snakemake.common.configfile import load_configfile

from archdyn.config import checked_config
from archdyn.workflow.experiment import Experiment
from archdyn.workflow.experiments import Vae
from conftest import ROOT, Project
from test_config import CONFIG, laid_over

SMOKE = ("--configfile", "config/smoke.yaml")
RECORDS = "*provenance.json"
DATA = "resources/datasets/synthetic_mnist"
LIBRARY = "workflow/scripts/archdyn"
TRAININGS = ("gan_train", "vae_train", "resnet_train", "clip_pretrain", "classifier_train", "backbone_pretrain")


@dataclass
class Change:
    """An edit of files, or settings on the command line; `touches` says of a job's record whether it counts for it."""

    touches: Callable[[dict], bool]
    edit: Callable[[Path], None] = lambda folder: None
    settings: tuple[str, ...] = ()


def appended(file: str, text: str) -> Callable[[Path], None]:
    def edit(folder: Path) -> None:
        with (folder / file).open("a", encoding="utf-8") as end:
            end.write(text)

    return edit


def of(*rules: str, **wildcards: str) -> Callable[[dict], bool]:
    return lambda record: record["rule"] in rules and wildcards.items() <= record["wildcards"].items()


def setting(text: str, *rules: str, **wildcards: str) -> Change:
    return Change(of(*rules, **wildcards), settings=(text,))


def code(module: str) -> Change:
    return Change(lambda record: module in record["modules"], appended(f"workflow/scripts/{module}", "\nPLANTED = 1\n"))


def caption(place: str, experiment: str, name: str) -> Change:
    rule = Path(place).parent.name.removesuffix("s")
    return Change(of(rule, experiment=experiment, name=name), appended(place, "And more.\n"))


def flipped(folder: Path) -> None:
    path = folder / DATA / "train_images.npy"
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))


def no_job(record: dict) -> bool:
    return False


# What is changed at once lies in different experiments, so that one plan tells of all.
CHANGES = {
    "a setting of one training": [
        setting("gan={conditions: {mitigated: {learning_rate_d: 3.0e-4}}}", "gan_train", condition="mitigated"),
        setting("vae={conditions: {collapsed: {learning_rate: 2.0e-3}}}", "vae_train", condition="collapsed"),
        setting(
            "resnet={conditions: {skips_corrected: {learning_rate: 2.0e-3}}}",
            "resnet_train",
            condition="skips_corrected",
        ),
        setting("clip={pretraining: {epochs: 3}}", "clip_pretrain"),
        setting("vit={masking: {fractions: [0.3, 0.8]}}", "vit_mask", "vit_pictures"),
    ],
    "the code of a training": [
        code(f"archdyn/experiments/{name}/train.py") for name in ("gan", "vae", "resnet", "clip")
    ],
    "what all trainings share": [code("archdyn/networks/seeds.py"), code("archdyn/networks/device.py")],
    "figures and tables": [
        code("archdyn/experiments/gan/figures.py"),
        code("archdyn/experiments/vae/tables.py"),
        caption("workflow/audit/clip/figures/figure12.rst", "clip", "figure12"),
        caption("workflow/audit/resnet/tables/table1.rst", "resnet", "table1"),
    ],
    "the style of all figures": [code("archdyn/render/style.py")],
    "a dataset's bytes": [Change(lambda record: f"{DATA}/train_images.npy" in record["inputs"], flipped)],
    "what changes no number": [
        Change(no_job, appended(f"{LIBRARY}/experiments/gan/train.py", "\n# a comment\n")),
        *(
            Change(no_job, appended(f"{LIBRARY}/{module}.py", "\nPLANTED = 1\n"))
            for module in ("settings/words", "experiments/vae/settings", "workflow/job", "cli")
        ),
        Change(no_job, lambda folder: (folder / DATA / "train_images.npy").touch()),
        Change(no_job, lambda folder: (folder / "workflow/scripts/gan_train.py").touch()),
    ],
}


@pytest.fixture(scope="module")
def finished(smoke_run, tmp_path_factory) -> Project:
    """A clone of the finished smoke run, with the same time stamps; each test edits and restores it."""
    return smoke_run.clone(tmp_path_factory.mktemp("clone"))


@pytest.fixture(scope="module")
def records(finished) -> dict[str, dict]:
    """What every job of the run left, by the path of its record."""
    places = [path for folder in ("results", "resources") for path in (finished.folder / folder).rglob(RECORDS)]
    return {path.relative_to(finished.folder).as_posix(): json.loads(path.read_text()) for path in places}


def made_from(touched: set[str], records: dict[str, dict]) -> set[str]:
    """These jobs, and all that read what they make."""
    outputs = {
        os.path.normpath(Path(path).parent / output): path
        for path, record in records.items()
        for output in (*record["paths"].values(), Path(path).name)
    }
    readers = {
        path: {outputs[name] for name in record["inputs"] if name in outputs} for path, record in records.items()
    }
    found = set(touched)
    while more := {path for path, makers in readers.items() if makers & found} - found:
        found |= more
    return found


def pending(project: Project, *arguments: str) -> set[str]:
    """The records that Snakemake would have written anew."""
    run = project.snakemake("--summary", *SMOKE, *arguments)
    assert run.returncode == 0, run.stdout[-3000:]
    rows = [line.split("\t") for line in run.stdout.splitlines() if line.count("\t") == 5]
    return {row[0] for row in rows if row[0].endswith("provenance.json") and row[5] == "update pending"}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_makes_again_what_it_touches_and_what_was_made_from_that(finished, records, name):
    changes = CHANGES[name]
    touched = {path for path, record in records.items() if any(change.touches(record) for change in changes)}
    with unchanged(finished.folder / "workflow", finished.folder / DATA):
        for change in changes:
            change.edit(finished.folder)
        settings = [setting for change in changes for setting in change.settings]
        planned = pending(finished, *(["--config", *settings] if settings else []))
    assert planned == made_from(touched, records)
    counting = [change for change in changes if change.touches is not no_job]
    assert all(any(change.touches(record) for record in records.values()) for change in counting)
    if name == "what all trainings share":
        trained = {path for path, record in records.items() if record["rule"] in TRAININGS}
        assert trained and trained <= touched


@contextmanager
def unchanged(*folders: Path) -> Iterator[None]:
    """Folders that are after it as they were before, dates too."""
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    before = {path: (path.read_bytes(), path.stat()) for path in files if "__pycache__" not in path.parts}
    try:
        yield
    finally:
        for path, (content, state) in before.items():
            if path.stat().st_mtime_ns != state.st_mtime_ns:
                path.write_bytes(content)
                os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))


def test_another_seed_trains_with_that_seed_alone(finished, records):
    before = load_configfile(finished.folder / "config/smoke.yaml")
    seeds = [f"{name}={{seeds: {[*before[name]['seeds'], 7]}}}" for name in ("gan", "vae")]
    planned = pending(finished, "--config", *seeds)
    again = {records[path]["rule"] for path in planned & records.keys()}
    assert again.isdisjoint(TRAININGS)
    new = planned - records.keys()
    assert new and all("_seed7" in path for path in new)
    assert {"summary", "figure", "table", "audit_documents"} <= again


def test_nothing_to_do_after_a_finished_run_in_whatever_locale(finished):
    """Also after all those edits, which were undone."""
    in_ascii = Project(finished.folder)
    in_ascii.environment = finished.environment | {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    assert pending(in_ascii) == set()


def trainings(experiment: str, overlay: str | None) -> int:
    """How many a config asks for, condition by condition."""
    files = [ROOT / overlay] if overlay else []
    config = checked_config(laid_over(*files), [CONFIG, *files]).model_dump()
    return len((Vae if experiment == "vae" else Experiment)(experiment, config).repetitions())


@pytest.mark.parametrize("overlay", [None, "config/demo.yaml"])
def test_every_config_plans_every_training_figure_and_table(project, overlay):
    jobs = project.planned(*(["--configfile", overlay] if overlay else []))
    for experiment in ("gan", "vae"):
        assert jobs[f"{experiment}_train"] >= trainings(experiment, overlay)
    assert jobs["resnet_train"] + jobs["resnet_train_head"] >= trainings("resnet", overlay)
    captions = [path.relative_to(ROOT / "workflow/audit") for path in ROOT.glob("workflow/audit/*/*/*.rst")]
    drawn = {f"{path.parts[0]}_{path.stem}" for path in captions if path.parts[1] in ("figures", "tables")}
    assert drawn - {"vit_photos"} <= jobs.keys()  # which needs photos
    assert {"claims_verdicts", "audit_documents"} <= jobs.keys()


def test_results_of_somebody_else_are_taken_over_and_not_trained_again(finished, records, tmp_path):
    """Copied into a fresh clone, inputs after outputs, without Snakemake's records; as the docs say."""
    clone = Project.fresh(tmp_path)
    for folder in ("results", "resources"):
        shutil.copytree(finished.folder / folder, tmp_path / folder, copy_function=shutil.copy, dirs_exist_ok=True)
    taken_over = clone.snakemake("--cores", "1", "--touch", "--forceall", *SMOKE)
    assert taken_over.returncode == 0, taken_over.stdout[-3000:]
    assert pending(clone) == set()
    change = CHANGES["a setting of one training"][0]
    touched = {path for path, record in records.items() if change.touches(record)}
    assert pending(clone, "--config", *change.settings) == made_from(touched, records)


def test_planning_imports_nothing_heavy(project):
    code = (project.folder / "Snakefile").read_text()
    # Snakemake loads its plugins at every start, and that for Slurm loads pandas: forgotten, it must not come back.
    before = """
import sys
heavy = {"torch", "pandas", "matplotlib", "sklearn"}
for name in heavy & set(sys.modules):
    del sys.modules[name]
"""
    after = 'print("heavy:", *heavy & set(sys.modules))'
    (project.folder / "Snakefile").write_text(f"{before}\n{code}\n{after}\n")
    heavy = [line for line in project.snakemake("--dry-run", *SMOKE).stdout.splitlines() if line.startswith("heavy:")]
    assert heavy == ["heavy:"]
    code = 'import sys, snakemake_logger_plugin_archdyn; sys.exit(bool({"torch", "pandas"} & set(sys.modules)))'
    assert project.python("-c", code) == ""


@pytest.mark.parametrize(("device", "gpus"), [("cuda", 1), ("cpu", 0)])
def test_training_rules_ask_for_a_gpu_where_there_is_one(project, device, gpus):
    plan = project.snakemake(
        "-n", "-p", "--config", f"device={device}", "--until", "gan_train", "classifier_train"
    ).stdout
    blocks = [block for block in plan.split("[") if "rule gan_train:" in block or "rule classifier_train:" in block]
    assert len(blocks) > 2
    assert all(f"gpu={gpus}" in block and "mem_mb=" in block and "runtime=" in block for block in blocks)


def test_targets_are_listed_with_what_they_are(project):
    listed = project.snakemake("--list").stdout
    assert "figure (Draw a figure, as its experiment declares it.)" in listed
    assert {"gan", "vae_designs", "resnet_scale"} <= {line.partition(" ")[0] for line in listed.splitlines()}


@pytest.mark.parametrize("file", sorted((ROOT / "rules").glob("*.smk")), ids=lambda file: file.stem)
def test_every_rule_says_what_it_does(file):
    for block in re.split(r"^ *(?:rule|checkpoint) ?\w*:\n", file.read_text(), flags=re.MULTILINE)[1:]:
        assert block.lstrip().startswith('"""'), block[:80]


def test_a_figure_that_no_experiment_declares_is_refused(project):
    run = project.snakemake("--dry-run", "results/smoke/gan/figures/figure13.png", *SMOKE)
    assert run.returncode != 0
    assert "rules/gan.smk: no figure13 among the figures figure6, figure7" in run.stdout
    project.replace("rules/gan.smk", '    "table8",', '    "figure6",')
    run = project.snakemake("--dry-run", "gan", *SMOKE)
    assert run.returncode != 0
    assert "rules/gan.smk: figure6 is declared twice; allowed: each name once" in run.stdout
