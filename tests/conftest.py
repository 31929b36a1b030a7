"""A copy of the project to run in, so that tests neither see nor touch anybody's results."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import get_args

# Before numpy and torch load: small models gain nothing from more threads, and lose much where others hold the cores.
os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")

import psutil
import pytest
from filelock import FileLock
from PIL import Image

from archdyn.config import Experiment
from archdyn.workflow.files import content_digest
from figure_text import rc_file

ROOT = Path(__file__).resolve().parents[1]
collect_ignore = ["sixth"]  # what test_sixth.py adds to a copy, where it is collected


class Project:
    """A copy of the project, with Snakemake to run in it."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.environment = os.environ | {"PYTHONPATH": str(folder / "workflow/scripts")}

    @classmethod
    def fresh(cls, folder: Path) -> "Project":
        """The repository's files, and no results."""
        tracked = subprocess.run(
            ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        for name in filter(None, tracked.stdout.split("\0")):
            if (ROOT / name).is_file():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, folder / name)
        return cls(folder)

    def clone(self, folder: Path) -> "Project":
        """All of it, results and Snakemake's records too, with the same time stamps."""
        shutil.copytree(self.folder, folder, symlinks=True, dirs_exist_ok=True)
        return Project(folder)

    def snakemake(self, *arguments: str, **options) -> subprocess.CompletedProcess:
        """Run Snakemake here and return what it printed, on both streams, as stdout."""
        return subprocess.run(
            ["snakemake", *arguments],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            **options,
        )

    def python(self, *arguments: str) -> str:
        """Run Python here, on this copy's package, and return what it printed; a failure is one of the test's."""
        run = subprocess.run(
            [sys.executable, *arguments],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert run.returncode == 0, run.stdout[-5000:]
        return run.stdout

    def verify(self) -> None:
        """Every file of the smoke run here is what its record says."""
        self.python("-c", "from archdyn.cli import main; main()", "verify", "smoke")

    def start(self, *arguments: str) -> subprocess.Popen:
        """Start Snakemake here as the leader of a process group of its own, as a shell or Slurm does."""
        with (self.folder / "run.out").open("w") as output:
            return subprocess.Popen(
                ["snakemake", *arguments],
                cwd=self.folder,
                env=self.environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def printed(self) -> str:
        """What the run started last has printed so far."""
        return (self.folder / "run.out").read_text()

    def start_training(self, target: str, *arguments: str) -> tuple[subprocess.Popen, psutil.Process]:
        """Start a run and wait until a training in it is in its third epoch; return Snakemake and the training."""
        run = self.start(
            target, "--cores", "1", "--logger-archdyn-epochs", *arguments, "--configfile", "config/smoke.yaml"
        )
        deadline = time.monotonic() + 120
        while " epoch 3 " not in self.printed():
            assert run.poll() is None and time.monotonic() < deadline, self.printed()[-3000:]
            time.sleep(0.05)
        children = psutil.Process(run.pid).children(recursive=True)
        return run, next(child for child in children if child.cmdline()[-1].endswith("_train.py"))

    def planned(self, *arguments: str) -> dict[str, int]:
        """Jobs by rule that a dry-run plans, without the targets; a figure or table by its script."""
        run = self.snakemake("--quiet", "reason", "--dry-run", "--printshellcmds", *arguments)
        assert run.returncode == 0, run.stdout
        if "Nothing to be done" in run.stdout:
            return {}
        table = run.stdout.split("Job stats:")[1].split("total")[0].splitlines()
        counts = (line.split() for line in table if len(line.split()) == 2 and line.split()[1].isdigit())
        targets = {"all", "audit", *get_args(Experiment)}
        jobs = {rule: int(count) for rule, count in counts if rule not in targets}
        drawn = r"rule (?:figure|table):\n(?:    .*\n)*?    wildcards: experiment=(\w+), name=(\w+)$"
        results = [f"{experiment}_{name}" for experiment, name in re.findall(drawn, run.stdout, re.MULTILINE)]
        assert len(results) == len(set(results)) == jobs.pop("figure", 0) + jobs.pop("table", 0)
        return jobs | dict.fromkeys(results, 1)

    def replace(self, file: str, old: str, new: str) -> None:
        """Edit one place of a file."""
        path = self.folder / file
        text = path.read_text()
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {file}"
        path.write_text(text.replace(old, new))


def write(path: Path, text: str) -> None:
    """A file, and the folders that it lies in."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def make_pictures(folder: Path, counts: dict[str, int], mode: str = "RGB") -> None:
    """A folder of so many pictures for each class; no two are the same."""
    for index, (name, count) in enumerate(counts.items()):
        (folder / name).mkdir(parents=True)
        for number in range(count):
            picture = Image.new("RGB", (40, 20), (50 * index, number, 0)).convert(mode)
            picture.save(folder / name / f"{number:02d}.png")


def leave_record(folder: Path, name: str, inputs: Iterable[str] = (), outputs: dict[str, str] | None = None, **facts):
    """The record that a job leaves as `name`, with the digests of its files as they are; all paths are of `folder`."""
    made = outputs or {}
    known = {"rule": "summary", "script": "summary", "commit": "a" * 40, "params": {}, "modules": {}, "wall_s": 1}
    known |= {
        "inputs": {path: content_digest(folder / path) for path in inputs},
        "outputs": {output: content_digest(folder / path) for output, path in made.items()},
        "paths": {output: os.path.relpath(path, Path(name).parent) for output, path in made.items()},
    }
    write(folder / name, json.dumps(known | facts))


def run_once(project: Project, *arguments: str) -> Project:
    """The project's files and a run at smoke scale in them, by whichever of pytest-xdist's workers asks first."""
    printed = project.folder.with_suffix(".out")
    with FileLock(project.folder.with_suffix(".lock")):
        if not printed.exists():
            Project.fresh(project.folder)
            run = project.snakemake(*arguments, "--configfile", "config/smoke.yaml")
            printed.write_text(f"{run.returncode}\n{run.stdout}")
    returncode, _, said = printed.read_text().partition("\n")
    assert returncode == "0", said[-5000:]
    return project


@pytest.fixture
def project(tmp_path) -> Project:
    """A fresh copy with no results."""
    return Project.fresh(tmp_path)


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory) -> Path:
    """A folder that all workers of pytest-xdist have in common."""
    folder = tmp_path_factory.getbasetemp()
    return folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder


@pytest.fixture(scope="session")
def prepared(shared_folder) -> Project:
    """A copy in which the synthetic data is prepared, for tests of a single training to clone."""
    arrays = "resources/datasets/synthetic_mnist/train_images.npy"
    return run_once(Project(shared_folder / "prepared"), arrays, "--cores", "1")


@pytest.fixture
def with_data(prepared, tmp_path) -> Project:
    """A fresh copy with the synthetic data, and no results."""
    return prepared.clone(tmp_path)


@pytest.fixture(scope="session")
def smoke_run(shared_folder) -> Project:
    """A copy in which the whole pipeline ran at smoke scale, its figures watched by figure_text.py.

    Tests that edit it work on a clone of it.
    """
    project = Project(shared_folder / "smoke")
    faults = shared_folder / "figure_text"
    faults.mkdir(exist_ok=True)
    project.environment["PYTHONPATH"] += f"{os.pathsep}{project.folder / 'tests'}"
    project.environment["MATPLOTLIBRC"] = str(rc_file(faults))
    return run_once(project, "--cores", "2")


@pytest.fixture(scope="session")
def audit(smoke_run) -> Path:
    """The folder of the smoke run's audit."""
    return smoke_run.folder / "results/smoke/audit"


@pytest.fixture(scope="session")
def content(audit) -> dict:
    """All that it says."""
    return json.loads((audit / "content.json").read_text(encoding="utf-8"))
