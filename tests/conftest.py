"""A copy of the project to run in, so that tests neither see nor touch anybody's results."""

import os
import resource
import shutil
import subprocess
from pathlib import Path

import pytest
import torch

# Small models gain nothing from more threads, and lose much where other jobs hold the cores.
torch.set_num_threads(1)

ROOT = Path(__file__).resolve().parents[1]


class Project:
    """A copy of the repository's files, with Snakemake to run in it."""

    def __init__(self, folder: Path):
        self.folder = folder
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
        self.environment = os.environ | {"PYTHONPATH": str(folder / "workflow/scripts")}

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

    def planned(self, *arguments: str) -> dict[str, int]:
        """Jobs by rule that a dry-run plans, without the targets."""
        run = self.snakemake("--dry-run", "--quiet", "reason", *arguments)
        assert run.returncode == 0, run.stdout
        if "Nothing to be done" in run.stdout:
            return {}
        table = run.stdout.split("Job stats:")[1].split("total")[0].splitlines()
        counts = (line.split() for line in table if len(line.split()) == 2 and line.split()[1].isdigit())
        targets = {"all", "gan", "vae", "clip"}
        return {rule: int(count) for rule, count in counts if rule not in targets}

    def replace(self, file: str, old: str, new: str) -> None:
        """Edit one place of a file."""
        path = self.folder / file
        text = path.read_text()
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {file}"
        path.write_text(text.replace(old, new))


def processor_seconds() -> float:
    """Of the processes that ended; wall time would measure what else the machine does."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


@pytest.fixture
def project(tmp_path) -> Project:
    """A fresh copy with no results."""
    return Project(tmp_path)


@pytest.fixture(scope="session")
def smoke_run(tmp_path_factory) -> Project:
    """A copy in which the whole pipeline ran at smoke scale. Tests that edit it work on a clone of it."""
    project = Project(tmp_path_factory.mktemp("smoke"))
    run = project.snakemake("--cores", "2", "--configfile", "config/smoke.yaml")
    assert run.returncode == 0, run.stdout[-5000:]
    return project
