"""Every command that README and the documentation show is run here, in the cheapest form that still runs it.

A command of Snakemake is planned: targets, profiles, options and settings are read, and no job starts. Every other
command has its form in FORMS. One without a form fails, so a new one gets its form here.
"""

import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest
from PIL import Image

from conftest import ROOT, Project, leave_record, make_pictures, write

TEXTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "config/README.md", *sorted(ROOT.glob("docs/**/*.md"))]
BLOCK = re.compile(r"^ *```sh\n(.*?)^ *```", re.DOTALL | re.MULTILINE)
COMMENT = re.compile(r"\s+#\s.*")
SETTINGS = re.compile(r"Save this as `(config/\w+\.yaml)`:\n\n```yaml\n(.*?)```", re.DOTALL)
DRY = ("--dry-run", "--quiet", "all")
ELSEWHERE = "tests/"  # a form that starts so names the test that runs the command
NOT_HERE = "not here: "  # and one that starts so, why no test can

# By how the command begins. {runs} is a folder with two tiny finished runs, {tmp} one that is thrown away.
FORMS = {
    "git clone": "git clone --quiet --no-checkout {root} {tmp}/clone",
    "make": "{command} --dry-run",
    ". .venv/bin/activate": NOT_HERE + "it names this machine's environment, in which the tests run",
    "export": "{command}",
    "mkdir": "mkdir -p {tmp}/cache",
    "python3 -m venv": "python3 -m venv --without-pip {tmp}/venv && . {tmp}/venv/bin/activate",
    "pip install -r": "pip install --dry-run --quiet --no-index --no-deps -r {root}/requirements.lock",
    "pip install -c": "cd {root} && {command} --dry-run --quiet --no-index",
    "pytest tests/test_vae.py": "test -f tests/test_vae.py && pytest --version",
    "squeue": NOT_HERE + "it needs a cluster; tests/test_slurm.py asks the same of its own",
    "snakemake --cores 2 --software-deployment-method conda": NOT_HERE
    + "it needs conda; the workflow on GitHub runs it",
    "docker": NOT_HERE + "it needs Docker; the workflow on GitHub does both",
    "apptainer": NOT_HERE + "it needs Apptainer",
    "archdyn publish": "tests/test_publish.py",
    "archdyn seal": "tests/test_claims.py",
    "archdyn": "cd {runs} && {command}",
    "python tests/test_independent.py": "tests/test_independent.py",
    "python -m archdyn.data.check": "tests/test_check.py",
    "snakemake gan --rulegraph": "{command}",
    "snakemake vae --cores 2 --default-storage-provider": "tests/test_storage.py",
    "snakemake --cores 2 --report": "tests/test_audit.py",
}


def commands() -> dict[str, str]:
    """Every command of the texts, with the first text that shows it."""
    found = {}
    for file in TEXTS:
        for block in BLOCK.findall(file.read_text(encoding="utf-8")):
            for line in block.replace("\\\n", " ").splitlines():
                command = COMMENT.sub("", line).strip()
                if command and not command.startswith("#"):
                    found.setdefault(command, str(file.relative_to(ROOT)))
    return found


def form_of(command: str) -> str | None:
    """The form of a command that is no plan; None for one that Snakemake plans, or that has no form."""
    return next((form for begin, form in FORMS.items() if command.startswith(begin)), None)


def planned(command: str) -> str:
    """A command of Snakemake as a plan; what only says how many jobs run at a time is left out, so that few differ."""
    words = shlex.split(command)[1:]
    for option in ("--cores", "--resources"):
        if option in words:
            place = words.index(option)
            del words[place : place + 2]
    return shlex.join([word for word in words if word != "-n"])


IN_TEST_DAG = {"", "--configfile config/demo.yaml", "--configfile config/smoke.yaml"}  # which plans these
PLANS = {planned(command) for command in commands() if command.startswith("snakemake") and not form_of(command)}
OTHERS = sorted(command for command in commands() if form_of(command))


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Project:
    """A copy without results, with the settings that the texts say to save, and pictures where these say they are."""
    copy = Project.fresh(tmp_path_factory.mktemp("documented"))
    make_pictures(copy.folder / "photos", {"cat": 100, "dog": 100})
    for name in ("cat.jpg", "car.jpg"):
        Image.new("RGB", (28, 28)).save(copy.folder / name)
    for file in TEXTS:
        for name, text in SETTINGS.findall(file.read_text(encoding="utf-8")):
            (copy.folder / name).write_text(text, encoding="utf-8")
    copy.environment |= {"HOME": str(copy.folder), "SNAKEMAKE_OUTPUT_CACHE": str(copy.folder / "results")}
    return copy


@pytest.fixture(scope="module")
def runs(tmp_path_factory) -> Path:
    """A folder with the runs of which the documentation speaks, a table of one job in each."""
    folder = tmp_path_factory.mktemp("runs")
    for name in ("demo", "mine"):
        table = f"results/{name}/gan/metrics/summary.csv"
        write(folder / table, "experiment,condition,metric,mean,sd,n\ngan,baseline,loss,1.0,0.1,3\n")
        leave_record(folder, table.replace(".csv", ".provenance.json"), outputs={"summary": table})
    return folder


def test_every_command_has_a_form():
    without = {command: text for command, text in commands().items() if not form_of(command)}
    assert {command: text for command, text in without.items() if not command.startswith("snakemake ")} == {}
    assert len(PLANS) > 10


@pytest.mark.parametrize("arguments", sorted(PLANS - IN_TEST_DAG))
def test_a_command_of_snakemake_is_planned(arguments, project):
    run = project.snakemake(*map(os.path.expanduser, shlex.split(arguments)), *DRY)
    assert run.returncode == 0, run.stdout[-3000:]


@pytest.mark.parametrize("command", [command for command in OTHERS if not form_of(command).startswith(NOT_HERE)])
def test_another_command_runs_in_its_form(command, project, runs, tmp_path):
    form = form_of(command)
    if form.startswith(ELSEWHERE):
        assert (ROOT / form).is_file()
        return
    shell = form.format(command=command, runs=runs, root=ROOT, tmp=tmp_path)
    done = subprocess.run(["bash", "-ec", shell], cwd=project.folder, env=project.environment, capture_output=True)
    assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()
