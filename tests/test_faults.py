"""What a fault leaves behind: a line that says what and where, nothing half-made, and work that the next run ends.

Faults that need no Snakemake are tested where they arise: `pytest -m fault` runs all of them.
"""

import os
import shutil
import signal
import subprocess
import sys
import venv
from pathlib import Path

import psutil
import pytest

from conftest import Project, make_pictures

SMOKE = ("--cores", "1", "--configfile", "config/smoke.yaml")
MODEL = "results/smoke/gan/models/baseline_seed0.safetensors"
BASELINE = "baseline: {images: 256, epochs: 4"


def half_made(project: Project) -> list[Path]:
    """Outputs of the training that stand under their final names."""
    return [path for path in (project.folder / "results/smoke/gan").glob("*/baseline*") if path.is_file()]


def finishes(project: Project) -> subprocess.CompletedProcess:
    """The next run ends the work and leaves nothing hidden."""
    run = project.snakemake(MODEL, *SMOKE)
    assert run.returncode == 0, run.stdout[-3000:]
    assert half_made(project) != []
    project.verify()
    assert list((project.folder / "results").rglob(".*-baseline*")) == []
    return run


@pytest.mark.fault(
    "nothing stands half-made, the run says that memory may have run out, and the next run ends the work."
)
@pytest.mark.long
def test_kill_9_of_a_job(with_data):
    with_data.replace("config/smoke.yaml", BASELINE, "baseline: {images: 256, epochs: 5000")
    run, training = with_data.start_training(MODEL)
    training.kill()
    assert run.wait(60) != 0
    assert "Error in rule gan_train" in with_data.printed()
    assert "The job was killed, most likely for want of memory" in with_data.printed()
    assert half_made(with_data) == []
    with_data.replace("config/smoke.yaml", "epochs: 5000", "epochs: 2")
    finishes(with_data)


@pytest.mark.fault(
    "a second run is refused while the first holds the lock; the training of a killed run stops, and the next run goes "
    "on from its state."
)
@pytest.mark.long
def test_kill_9_of_snakemake_and_two_runs_in_one_folder(with_data):
    with_data.replace("config/smoke.yaml", BASELINE, "baseline: {images: 256, epochs: 400")
    run, training = with_data.start_training(MODEL)
    second = with_data.snakemake(MODEL, *SMOKE)
    assert second.returncode != 0
    assert "Directory cannot be locked" in second.stdout
    os.kill(run.pid, signal.SIGKILL)
    run.wait()
    psutil.wait_procs([training], timeout=30)
    assert not training.is_running() or training.status() == psutil.STATUS_ZOMBIE
    assert half_made(with_data) == []
    assert "--unlock" in with_data.snakemake(MODEL, *SMOKE).stdout
    with_data.snakemake(MODEL, "--unlock", *SMOKE)
    assert "goes on after epoch" in finishes(with_data).stdout


@pytest.mark.fault("one line names the file and the reason, nothing stands half-made, and the next run ends the work.")
@pytest.mark.long
def test_a_disk_that_is_read_only_and_then_full(with_data):
    folder = with_data.folder / "results/smoke"
    folder.mkdir(parents=True)
    mount = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], capture_output=True, text=True)
    if mount.returncode:
        pytest.skip(f"no small file system can be mounted here: {mount.stderr.strip()}")
    try:
        subprocess.run(["mount", "-o", "remount,ro", folder], check=True)
        assert "Read-only file system: 'results/smoke/gan'" in with_data.snakemake(MODEL, *SMOKE).stdout
        subprocess.run(["mount", "-o", "remount,rw", folder], check=True)
        full = with_data.snakemake(MODEL, *SMOKE)
        assert full.returncode != 0
        line = next(line for line in full.stdout.splitlines() if line.startswith("[gan_train baseline 0] error: "))
        assert "baseline_seed0.safetensors: cannot be written" in line and "No space left on device" in line
        assert half_made(with_data) == []
        subprocess.run(["mount", "-o", "remount,ro", folder], check=True)
        assert "Read-only file system" in with_data.snakemake(MODEL, *SMOKE).stdout
        subprocess.run(["mount", "-o", "remount,rw,size=64m", folder], check=True)
        finishes(with_data)
    finally:
        subprocess.run(["umount", folder], check=True)


@pytest.mark.fault("the training stops in one line with the epoch and the step, and leaves nothing.")
@pytest.mark.long
def test_a_loss_that_is_not_a_number(with_data):
    model = "results/smoke/vae/models/beta1_seed0.safetensors"
    with_data.replace("config/config.yaml", "beta1:\n", "beta1:\n      learning_rate: 1.0\n")
    run = with_data.snakemake(model, *SMOKE)
    assert run.returncode != 0
    assert "[vae_train beta1 0] error: training diverged: loss is nan in epoch 1, step 2" in run.stdout
    assert "Traceback" not in run.stdout
    assert list((with_data.folder / "results/smoke/vae").glob("m*/*")) == []
    with_data.replace("config/config.yaml", "beta1:\n      learning_rate: 1.0\n", "beta1:\n")
    assert with_data.snakemake(model, *SMOKE).returncode == 0


@pytest.mark.fault("one line names the picture, and no array is made.")
def test_a_picture_that_cannot_be_read(project):
    pictures = project.folder / "photos"
    make_pictures(pictures, {"a": 20, "b": 20})
    broken, whole = pictures / "a/01.png", (pictures / "a/01.png").read_bytes()
    broken.write_bytes(whole[:40])
    arguments = ("--until", "data_imagefolder", *SMOKE, "--config", "gan={dataset: {imagefolder: photos}}")
    run = project.snakemake("gan", *arguments)
    assert run.returncode != 0
    assert "error: photos/a/01.png: not a readable image" in run.stdout
    assert "Traceback" not in run.stdout
    assert list((project.folder / "resources/datasets").glob("*/*.npy")) == []
    broken.write_bytes(whole)
    assert project.snakemake("gan", *arguments).returncode == 0
    assert len(list((project.folder / "resources/datasets").glob("*/*.npy"))) == 4


@pytest.mark.fault("one line, since Snakemake cannot start jobs there.")
@pytest.mark.long
def test_an_environment_in_a_folder_with_a_space(project, tmp_path):
    environment = tmp_path / "my environment"
    venv.create(environment)
    (packages,) = environment.glob("lib/*/site-packages")
    (packages / "borrowed.pth").write_text("\n".join(path for path in sys.path if path.endswith("-packages")))
    run = subprocess.run(
        [environment / "bin/python", "-m", "snakemake", "-n", *SMOKE],
        cwd=project.folder,
        env=project.environment,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 1
    (line,) = [line for line in run.stderr.splitlines() if line.startswith("environment error: ")]
    assert "my environment" in line and "Traceback" not in run.stderr
    shutil.copytree(project.folder, tmp_path / "a b", ignore=shutil.ignore_patterns("my environment", "a b"))
    made = subprocess.run(
        ["make", "env", f"PYTHON={sys.executable}"], cwd=tmp_path / "a b", capture_output=True, text=True
    )
    assert made.returncode != 0
    assert "a b has a space" in made.stdout
    assert not (tmp_path / "a b/.venv").exists()
