"""archdyn why: names what makes a job run again, after real edits."""

import subprocess

import pytest

from conftest import Project

SMOKE = ("--configfile", "config/smoke.yaml")
DATA = "resources/datasets/synthetic_mnist"
MODEL = "results/smoke/vae/models/kl5_seed0.safetensors"


@pytest.fixture(scope="module")
def trained(prepared, tmp_path_factory) -> Project:
    project = prepared.clone(tmp_path_factory.mktemp("trained"))
    run = project.snakemake(MODEL, "--cores", "1", *SMOKE)
    assert run.returncode == 0, run.stdout[-5000:]
    return project


@pytest.fixture
def finished(trained, tmp_path) -> Project:
    return trained.clone(tmp_path)


def why(project: Project, file: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        ["archdyn", "why", file, *SMOKE],
        cwd=project.folder,
        env=project.environment,
        capture_output=True,
        text=True,
        check=False,
    )


def reasons(project: Project, file: str) -> list[str]:
    found = why(project, file)
    assert found.returncode == 0, found.stderr
    assert found.stderr == ""
    return found.stdout.splitlines()


def test_nothing_changed(finished):
    finished.replace("workflow/scripts/archdyn/train/vae.py", "from torch import", "# a comment\nfrom torch import")
    assert reasons(finished, MODEL) == [f"{MODEL}: nothing changed, so vae_train would not run."]


def test_a_changed_module_is_named(finished):
    finished.replace("workflow/scripts/archdyn/models/vae.py", "from torch import", "X = 1\nfrom torch import")
    assert reasons(finished, MODEL) == [
        f"{MODEL}: vae_train would run.",
        "  - module workflow/scripts/archdyn/models/vae.py changed",
    ]


def test_a_changed_setting_is_named_with_both_values(finished):
    finished.replace("config/smoke.yaml", "\nvae:\n", "\nvae:\n  conditions: {kl5: {learning_rate: 5.0e-3}}\n")
    heading, *found = reasons(finished, MODEL)
    assert heading == f"{MODEL}: vae_train would run."
    assert found == ["  - setting training.learning_rate: 0.001 -> 0.005"]


def test_a_changed_input_is_named(finished):
    array = finished.folder / DATA / "test_images.npy"
    content = array.read_bytes()
    array.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    assert reasons(finished, MODEL) == [f"{MODEL}: vae_train would run.", f"  - input {DATA}/test_images.npy changed"]


def test_what_changed_before_it_is_named_with_the_job_that_it_concerns(finished):
    finished.replace("workflow/scripts/archdyn/data/prepare.py", "import numpy as np\n", "import numpy as np\nX = 1\n")
    assert reasons(finished, MODEL) == [
        f"{MODEL}: vae_train would run.",
        "  - its input would be made again, by data_prepare (1 job)",
        "data_prepare (1 job) would run.",
        "  - module workflow/scripts/archdyn/data/prepare.py changed",
    ]


def test_a_missing_output_is_named(finished):
    (finished.folder / MODEL).unlink()
    assert reasons(finished, MODEL)[1:] == ["  - its output is missing"]


def test_a_file_that_no_rule_makes_is_one_line(finished):
    found = why(finished, "results/nothing.txt")
    assert (found.returncode, found.stdout) == (1, "")
    assert found.stderr.startswith("error: No rule to produce results/nothing.txt")
    assert len(found.stderr.splitlines()) == 1
