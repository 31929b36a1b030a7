"""A training that is sent SIGTERM through Snakemake keeps its state, and a later attempt ends as if it never was."""

import os
import signal
from pathlib import Path

import pytest

from conftest import Project

pytestmark = pytest.mark.long
SMOKE = ("--configfile", "config/smoke.yaml")
MODEL = "results/smoke/gan/models/baseline_seed0.safetensors"
MADE = (
    MODEL,
    "results/smoke/gan/metrics/baseline_seed0_steps.npy",
    "results/smoke/gan/metrics/baseline_seed0_epochs.csv",
    "results/smoke/gan/embeddings/baseline_seed0_fixed_train.npy",
)
LOG = "results/smoke/logs/gan_train/baseline_seed0.log"
STATE = [f".checkpoint-{Path(MODEL).name}", f".seconds-{Path(MODEL).name}.json"]
EPOCHS = 40


@pytest.fixture(scope="module")
def longer(prepared, tmp_path_factory) -> Project:
    """A training that takes seconds, so that it can be stopped while it runs."""
    project = prepared.clone(tmp_path_factory.mktemp("longer"))
    baseline = "baseline: {images: 256, epochs: "
    project.replace("config/smoke.yaml", f"{baseline}4,", f"{baseline}{EPOCHS},")
    return project


@pytest.fixture(scope="module")
def uninterrupted(longer, tmp_path_factory) -> dict[str, bytes]:
    project = longer.clone(tmp_path_factory.mktemp("uninterrupted"))
    run = project.snakemake(MODEL, "--cores", "1", *SMOKE)
    assert run.returncode == 0, run.stdout[-3000:]
    return made_by(project)


def made_by(project: Project) -> dict[str, bytes]:
    return {path: (project.folder / path).read_bytes() for path in MADE}


def hidden(project: Project) -> list[str]:
    return sorted(path.name for path in (project.folder / MODEL).parent.glob(".*"))


@pytest.mark.fault("the training keeps its state, and the next run ends with the bytes of one that never stopped.")
@pytest.mark.parametrize("asked_by", [signal.SIGTERM, signal.SIGINT], ids=["slurm", "ctrl-c"])
def test_a_stopped_run_goes_on_to_the_same_result(longer, uninterrupted, tmp_path, asked_by):
    """Slurm, like a shell on Ctrl-C, signals all processes of the job, Snakemake and the training."""
    project = longer.clone(tmp_path)
    run, _ = project.start_training(MODEL)
    os.killpg(run.pid, asked_by)
    assert run.wait(60) != 0
    assert "[gan_train baseline 0] error: stopped on request after epoch" in project.printed()
    assert [path for path in MADE if (project.folder / path).exists()] == []
    assert hidden(project) == STATE
    again = project.snakemake(MODEL, "--cores", "1", *SMOKE)
    assert again.returncode == 0, again.stdout[-3000:]
    assert "[gan_train baseline 0] goes on after epoch" in again.stdout
    assert made_by(project) == uninterrupted
    assert len((project.folder / LOG).with_suffix(".csv").read_text().splitlines()) == 1 + EPOCHS
    assert hidden(project) == []


@pytest.mark.fault("the training stops after the running step and keeps its state.")
def test_sigterm_to_snakemake_alone_reaches_the_training(longer, tmp_path):
    project = longer.clone(tmp_path)
    project.replace("config/smoke.yaml", f"epochs: {EPOCHS},", "epochs: 5000,")
    run, _ = project.start_training(MODEL)
    run.terminate()
    assert run.wait(30) != 0
    assert "stopped on request after epoch" in project.printed()
    assert hidden(project) == STATE


@pytest.mark.fault("the next attempt goes on from its state.")
def test_a_stopped_job_goes_on_by_itself_with_retries(longer, uninterrupted, tmp_path):
    project = longer.clone(tmp_path)
    run, training = project.start_training(MODEL, "--retries", "1")
    training.terminate()
    assert run.wait(120) == 0, project.printed()[-3000:]
    assert "goes on after epoch" in (project.folder / LOG).read_text()
    assert made_by(project) == uninterrupted
