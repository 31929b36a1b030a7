"""The workflow used from elsewhere: as a module, deployed by snakedeploy, with --directory and with -s.

Each way trains a GAN on synthetic images and makes Table 8, which needs one of the workflow's own files.
"""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from conftest import Project

pytestmark = pytest.mark.long
TABLE = "results/mine/gan/tables/table8.csv"
MADE = (TABLE, "results/mine/gan/models/mitigated_seed0.safetensors", "resources/datasets/synthetic_mnist/classes.json")
SETTINGS = {
    "run": "mine",
    "device": "cpu",
    "gan": {"dataset": "synthetic_mnist", "seeds": [0], "conditions": {"mitigated": {"images": 256, "epochs": 2}}},
}
MODULE = """
module archdyn:
    snakefile:
        "{folder}/Snakefile"
    config:
        {config}

use rule * from archdyn{renamed}

rule mine:
    default_target: True
    input:
        "{table}",
"""


@pytest.fixture
def workflow(tmp_path) -> Project:
    """A checkout that must stay as it is."""
    return Project.fresh(tmp_path / "checkout")


@pytest.fixture
def mine(workflow, tmp_path) -> Project:
    """A folder of the user's own with nothing but settings; the package that is installed is the checkout's."""
    (tmp_path / "mine").mkdir()
    project = Project(tmp_path / "mine")
    project.environment = workflow.environment
    (project.folder / "mine.yaml").write_text(yaml.safe_dump(SETTINGS))
    return project


def files(folder: Path) -> set[str]:
    """All files but Python's own."""
    found = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return {path.as_posix() for path in found if "__pycache__" not in path.parts}


def check_made(mine: Project, workflow: Project, *arguments, start_in: Project | None = None) -> None:
    before = files(workflow.folder)
    run = (start_in or mine).snakemake("--cores", "1", *arguments)
    assert run.returncode == 0, run.stdout[-3000:]
    assert [path for path in MADE if not (mine.folder / path).is_file()] == []
    assert files(workflow.folder) == before


@pytest.mark.parametrize("prefix", ["", "archdyn_"])
def test_as_a_module(mine, workflow, prefix):
    facts = {"folder": workflow.folder, "config": SETTINGS, "table": TABLE}
    renamed = f" as {prefix}*" if prefix else ""
    (mine.folder / "Snakefile").write_text(MODULE.format(**facts, renamed=renamed))
    check_made(mine, workflow)
    record = json.loads((mine.folder / "results/mine/gan/models/mitigated_seed0.provenance.json").read_text())
    assert record["rule"] == record["script"] == "gan_train"
    assert "Nothing to be done" in mine.snakemake("--cores", "1").stdout
    plan = mine.snakemake("--dry-run", f"{prefix}all")
    assert plan.returncode == 0, plan.stdout[-3000:]
    assert f"{prefix}audit_documents" in plan.stdout


@pytest.mark.skipif(not shutil.which("snakedeploy"), reason="snakedeploy asks for a Python before 3.13")
def test_deployed_by_snakedeploy(mine, workflow):
    deploy = ["snakedeploy", "deploy-workflow", str(workflow.folder), ".", "--branch", "main"]
    subprocess.run(deploy, cwd=mine.folder, check=True, capture_output=True)
    # Of a folder, snakedeploy writes the path inside it; of a repository on the web, one that leads there.
    mine.replace("workflow/Snakefile", '"workflow/Snakefile"', f'"{workflow.folder}/workflow/Snakefile"')
    check_made(mine, workflow, TABLE, "--configfile", "mine.yaml")


def test_in_another_working_directory(mine, workflow):
    settings = mine.folder / "mine.yaml"
    check_made(mine, workflow, TABLE, "--directory", mine.folder, "--configfile", settings, start_in=workflow)


def test_with_the_snakefile_of_another_folder(mine, workflow):
    snakefile = os.path.relpath(workflow.folder / "workflow/Snakefile", mine.folder)
    check_made(mine, workflow, TABLE, "--snakefile", snakefile, "--configfile", "mine.yaml")


def test_the_workflow_s_settings_lie_under_others(mine, workflow):
    run = mine.snakemake("--snakefile", str(workflow.folder / "Snakefile"), "--dry-run", "--config", "devise=cpu")
    assert "config error: devise, from command line (--config): unknown key, did you mean device?" in run.stdout
