"""The job context: outputs appear whole or not at all, and leave a record."""

import errno
import json
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import psutil
import pytest
import torch

from archdyn.errors import ArchdynError
from archdyn.networks.device import lock_first_free
from archdyn.workflow import EPOCHS, record
from archdyn.workflow.files import content_digest
from archdyn.workflow.fingerprint import code_params, module_digests
from archdyn.workflow.job import Job
from archdyn.workflow.record import commit


class Named(list):
    """What Snakemake gives a script: a list whose entries may have names."""

    def __init__(self, *unnamed, **named):
        super().__init__([*unnamed, *named.values()])
        self._named = named
        self.__dict__.update(named)

    def items(self):
        return self._named.items()

    def get(self, name, default=None):
        return self._named.get(name, default)


@pytest.fixture
def snakemake(tmp_path, monkeypatch, tmp_path_factory):
    monkeypatch.setattr("archdyn.workflow.job.end_with_parent", lambda: None)  # pytest is to outlive its shell
    data = tmp_path_factory.mktemp("input") / "data.csv"
    data.write_text("x\n1\n")
    return SimpleNamespace(
        rule="toy_train",
        input=Named(data=str(data)),
        output=Named(
            model=str(tmp_path / "models/toy.bin"),
            folder=str(tmp_path / "raw"),
            provenance=str(tmp_path / "models/toy.provenance.json"),
        ),
        params=Named(learning_rate=0.1, device="cpu"),
        wildcards=Named(condition="baseline", seed="3"),
        threads=1,
        log=Named(str(tmp_path / "toy.log"), progress=str(tmp_path / "toy.csv")),
    )


@pytest.fixture(autouse=True)
def nothing_remembered():
    """Of git and of the processor, before and after."""
    record._git.cache_clear()
    record._processor.cache_clear()
    yield
    record._git.cache_clear()
    record._processor.cache_clear()


def write_outputs(job):
    job.output.model.write_bytes(b"weights")
    job.output.folder.mkdir()
    (job.output.folder / "file").write_text("raw")


def left_in(folder: Path) -> set[str]:
    return {path.name for path in folder.rglob("*") if path.is_file()}


def test_outputs_get_their_names_together_at_the_end(snakemake, tmp_path):
    with Job(snakemake) as job:
        write_outputs(job)
        assert not Path(snakemake.output.model).exists()
    assert Path(snakemake.output.model).read_bytes() == b"weights"
    assert left_in(tmp_path) == {"toy.bin", "file", "toy.provenance.json", "toy.log"}


def finished(snakemake) -> dict:
    """The record of a job that ends well."""
    with Job(snakemake) as job:
        write_outputs(job)
    return json.loads(Path(snakemake.output.provenance).read_text())


def test_provenance_says_what_made_the_output(snakemake):
    facts = finished(snakemake)
    assert facts["rule"] == "toy_train"
    assert facts["inputs"] == {snakemake.input.data: content_digest(Path(snakemake.input.data))}
    assert facts["outputs"]["model"] == content_digest(Path(snakemake.output.model))
    assert facts["paths"] == {"model": "toy.bin", "folder": "../raw"}
    assert (facts["seed"], facts["params"]) == (3, {"learning_rate": 0.1, "device": "cpu"})
    assert (facts["modules"], facts["commit"]) == ({}, commit())
    assert facts["packages"]["numpy"] and facts["hardware"]["cores"] >= 1
    assert facts["peak_memory_mib"]["host"] > 10 and facts["wall_s"] >= 0


@pytest.mark.parametrize("changed", [False, True])
def test_the_record_counts_all_attempts_at_a_training_but_those_with_other_settings(snakemake, monkeypatch, changed):
    now = iter([100, 107, 200, 205, 300, 304])  # an attempt of 7 s that stops, one of 5 s that stops, one of 4 s
    monkeypatch.setattr("archdyn.workflow.job.time", SimpleNamespace(monotonic=lambda: next(now)))
    for stops in (True, True, False):
        if changed and not stops:
            snakemake.params = Named(learning_rate=0.2, device="cpu")
        with pytest.raises(SystemExit) if stops else nullcontext(), Job(snakemake) as job:
            job.uses(torch.device("cpu"))
            state = job.interruption().path
            if stops:
                state.write_bytes(b"weights and moments")
                raise ArchdynError("stopped on request")
            write_outputs(job)
    assert json.loads(Path(snakemake.output.provenance).read_text())["wall_s"] == (4 if changed else 7 + 5 + 4)


def test_the_record_of_a_rule_that_watches_its_code_names_script_and_modules(snakemake):
    """By the script, since whoever uses the workflow as a module may give its rules other names."""
    module = "archdyn.experiments.gan.figures"
    snakemake.rule, snakemake.params = "mine_figure", Named(module=module, **code_params("figure", module))
    facts = finished(snakemake)
    assert facts["rule"] == facts["script"] == "figure"
    assert facts["params"] == {"module": module}
    assert facts["modules"] == module_digests(["figure", module])
    assert "archdyn/experiments/gan/figures.py" in facts["modules"]


@pytest.mark.fault("the record says that the commit is unknown, and the result stands.")
def test_a_machine_without_git(snakemake, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert finished(snakemake)["commit"] == "unknown"


@pytest.mark.parametrize("variable", [None, "GIT_DIR"])
def test_git_is_asked_about_the_workflow_s_own_repository(tmp_path, monkeypatch, variable):
    """Neither about one that its folder happens to lie in, nor about one that the surroundings name."""
    commit = "git -c user.name=a -c user.email=a commit -q --allow-empty -m x"
    subprocess.run(["sh", "-ec", f"git init -q; {commit}"], cwd=tmp_path, check=True)
    unpacked = tmp_path / "unpacked"
    unpacked.mkdir()
    if variable:
        monkeypatch.setenv(variable, str(tmp_path / ".git"))
    monkeypatch.setattr(record, "REPOSITORY", unpacked)
    assert record.commit() == "unknown"
    assert record.repository() is None


def test_a_machine_that_is_no_linux(snakemake, monkeypatch, tmp_path):
    """macOS has no /proc and no affinity, and counts memory in bytes."""
    monkeypatch.setattr(record, "CPUINFO", tmp_path / "none")
    monkeypatch.setattr(record.sys, "platform", "darwin")
    monkeypatch.delattr(record.os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(record.resource, "getrusage", lambda who: SimpleNamespace(ru_maxrss=300 * 2**20))
    facts = finished(snakemake)
    assert facts["hardware"]["cpu"] and facts["hardware"]["cores"] >= 1
    assert facts["peak_memory_mib"] == {"host": 300}


ORPHAN = """
import os, sys, time
from archdyn.workflow import faults
sys.platform, faults.POLL_S = sys.argv[1], 0.05
if not os.fork():
    faults.end_with_parent()
    print(os.getpid(), flush=True)
time.sleep(60)
"""


@pytest.mark.fault("the job ends too, on Linux and on other systems.")
@pytest.mark.parametrize("platform", ["linux", "darwin"])
def test_snakemake_is_killed_under_a_job(platform):
    parent = subprocess.Popen([sys.executable, "-c", ORPHAN, platform], stdout=subprocess.PIPE, text=True)
    child = psutil.Process(int(parent.stdout.readline()))
    parent.kill()
    parent.wait()
    psutil.wait_procs([child], timeout=20)
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE


@pytest.mark.fault("no output stands, and the log has the traceback.")
def test_a_failed_job_leaves_only_its_log(snakemake, tmp_path):
    with pytest.raises(ZeroDivisionError), Job(snakemake) as job:
        write_outputs(job)
        _ = 1 / 0
    assert left_in(tmp_path) == {"toy.log"}
    assert "ZeroDivisionError" in (tmp_path / "toy.log").read_text()


def error_of(allocate) -> Exception:
    with pytest.raises((MemoryError, RuntimeError)) as error:
        allocate()
    return error.value


LESS = "memory: lower batch_size (64 for toy_train) in the config"


@pytest.mark.fault("one line says what to do, and no output stands.")
@pytest.mark.parametrize(
    ("error", "line"),
    [
        (torch.OutOfMemoryError("CUDA"), f"out of GPU {LESS}, free the GPU, or run with --config device=cpu"),
        (error_of(lambda: np.empty(1 << 50)), f"out of {LESS}, run fewer jobs at a time, or on a larger machine"),
        (error_of(lambda: torch.empty(1 << 50)), f"out of {LESS}, run fewer jobs at a time, or on a larger machine"),
        (OSError(errno.ENOSPC, "No space"), "{models}: no space left ([Errno 28] No space)"),
        (OSError("4096 requested and 1024 written"), "{models}: no space left (4096 requested and 1024 written)"),
        (ArchdynError("image.png: not a readable image"), "image.png: not a readable image"),
        (PermissionError(errno.EACCES, "Permission denied", "results/x"), "results/x: Permission denied"),
        (FileNotFoundError(errno.ENOENT, "No such file or directory", "x.npy"), "x.npy: No such file or directory"),
        (OSError("No suitable\nCA bundle, invalid path: /x"), "No suitable CA bundle, invalid path: /x"),
    ],
)
def test_a_fault_that_the_user_can_mend_is_one_line(snakemake, tmp_path, capsys, error, line):
    snakemake.params = Named(training={"batch_size": 64}, device="cpu")
    with pytest.raises(SystemExit) as end, Job(snakemake) as job:
        write_outputs(job)
        raise error
    assert end.value.code == 1
    assert capsys.readouterr().err == f"[toy_train baseline 3] error: {line.format(models=tmp_path / 'models')}\n"
    assert left_in(tmp_path) == {"toy.log"}


@pytest.mark.fault("one line names it; once deleted, it is made again.")
def test_a_truncated_array_is_named_with_the_way_to_mend_it(snakemake, tmp_path, capsys):
    path = tmp_path / "features.npy"
    np.save(path, np.zeros((100, 8)))
    path.write_bytes(path.read_bytes()[:-1])
    snakemake.input = Named(features=str(path))
    with pytest.raises(SystemExit), Job(snakemake):
        pytest.fail("the job ran")
    said = capsys.readouterr().err
    assert said.startswith(f"[toy_train baseline 3] error: {path}: not a whole array (")
    assert said.endswith("); delete it, and the next run makes it again\n")


@pytest.mark.fault("the later one ends in one line, and the earlier one's outputs are whole.")
def test_two_runs_that_make_the_same_output(snakemake, tmp_path, capsys):
    with Job(snakemake) as job:
        job.output.model.write_bytes(b"half")
        with pytest.raises(SystemExit), Job(snakemake):
            pytest.fail("the job ran")
        assert job.output.model.read_bytes() == b"half"
        write_outputs(job)
    said = capsys.readouterr().err
    assert f"error: {snakemake.output.model}: another run is making it; start again when that has ended" in said
    assert Path(snakemake.output.model).read_bytes() == b"weights"
    assert not [name for name in left_in(tmp_path) if name.startswith(".")]


@pytest.mark.fault("no output stands.")
def test_a_forgotten_output_is_an_error(snakemake, tmp_path):
    with pytest.raises(SystemExit), Job(snakemake) as job:
        job.output.model.write_bytes(b"weights")
    assert "without making" in (tmp_path / "toy.log").read_text()
    assert left_in(tmp_path) == {"toy.log"}


@pytest.mark.parametrize("asked", [False, True])
def test_epochs_go_to_log_and_csv_and_to_the_terminal_where_it_is_asked_for(
    snakemake, tmp_path, capsys, monkeypatch, asked
):
    if asked:
        monkeypatch.setenv(EPOCHS, "yes")
    row = {"epoch": 1, "loss_d": 0.51834, "loss_g": 1.2, "d_accuracy_held_out": 0.98, "images_per_s": 664, "eta_s": 39}
    with Job(snakemake) as job:
        job.progress(row)
        job.progress(row | {"epoch": 2})
        assert (tmp_path / "toy.csv").read_text().splitlines()[1:] == [f"{n},0.51834,1.2,0.98,664,39" for n in (1, 2)]
        write_outputs(job)
    line = "epoch 1  loss_d 0.5183  d_accuracy_held_out 0.98  39 s left"
    assert (tmp_path / "toy.log").read_text().splitlines()[0] == line
    said = capsys.readouterr().err
    assert said.startswith(f"[toy_train baseline 3] {line}\n") if asked else said == ""


HOLDER = """
import sys, time
from pathlib import Path
from archdyn.networks.device import lock_first_free
print(lock_first_free(["0", "1"], Path(sys.argv[1])), flush=True)
time.sleep(60)
"""


@pytest.mark.fault("the next job takes the GPU of a killed one.")
def test_two_jobs_take_two_gpus_and_a_killed_one_gives_its_own_back(tmp_path):
    def hold() -> tuple[subprocess.Popen, int]:
        process = subprocess.Popen([sys.executable, "-c", HOLDER, str(tmp_path)], stdout=subprocess.PIPE, text=True)
        return process, int(process.stdout.readline())

    holders = [hold(), hold()]
    assert {index for _, index in holders} == {0, 1}
    holders += [hold() for _ in range(2)]  # where all are taken, jobs share
    try:
        killed, index_of_killed = holders[0]
        killed.kill()
        killed.wait()
        assert lock_first_free(["0", "1"], tmp_path) == index_of_killed
    finally:
        for process, _ in holders:
            process.kill()
