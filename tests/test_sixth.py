"""A stranger adds an experiment to a copy, as CONTRIBUTING.md says; tests/sixth holds what they write."""

import shutil
import subprocess

import pandas as pd
import pypdf
import pytest

from conftest import ROOT, Project

TEMPLATE = ROOT / "tests/sixth"
APPENDED = ("config/config.yaml", "config/smoke.yaml")  # a block each, at the end
EDITS = {  # file: pairs of a place in it, and what a stranger puts before that
    "Snakefile": [('include: "rules/results.smk"\n', 'include: "rules/linear.smk"\n')],
    "config/config.yaml": [("]  # the experiments in the audit", ", linear")],
    "workflow/scripts/archdyn/config.py": [
        (
            "from archdyn.experiments.resnet.settings",
            "from archdyn.experiments.linear.settings import LinearSettings\n",
        ),
        ("]\n\n\nclass Config", ', "linear"'),
        ("    clip: ClipSettings\n", "    linear: LinearSettings\n"),
    ],
}
RESULTS = "results/smoke"
SMOKE = ("--configfile", "config/smoke.yaml", "--config", "audit=[linear]")
pytestmark = pytest.mark.long


def template_files() -> list[str]:
    found = (path.relative_to(TEMPLATE) for path in sorted(TEMPLATE.rglob("*")) if path.is_file())
    return [path.as_posix() for path in found if "__pycache__" not in path.parts]


def follow_the_recipe(project: Project) -> None:
    for file in template_files():
        path = project.folder / file
        if file in APPENDED:
            path.write_text(path.read_text() + (TEMPLATE / file).read_text())
        else:
            assert not path.exists()
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(TEMPLATE / file, path)
    for file, edits in EDITS.items():
        for place, added in edits:
            project.replace(file, place, added + place)
    project.python("-m", "archdyn.manual")


@pytest.fixture(scope="module")
def extended(tmp_path_factory) -> Project:
    """A copy with the sixth experiment, run at smoke scale down to the audit."""
    project = Project.fresh(tmp_path_factory.mktemp("sixth"))
    follow_the_recipe(project)
    run = project.snakemake("linear", "audit", "--cores", "2", *SMOKE)
    assert run.returncode == 0, run.stdout[-5000:]
    return project


def test_its_numbers_say_what_the_theory_says(extended):
    summary = pd.read_csv(extended.folder / RESULTS / "linear/metrics/summary.csv").set_index(["condition", "metric"])
    for condition in ("narrow", "wide"):
        assert 0.95 < summary.at[(condition, "error_ratio"), "mean"] < 1.1
    assert summary.at[("wide", "pca_error"), "mean"] < summary.at[("narrow", "pca_error"), "mean"]


def test_page_and_paper_have_its_section_verdict_figure_and_table(extended):
    folder = extended.folder / RESULTS / "audit"
    page = (folder / "audit.html").read_text()
    for place in ("linear", "linear-reaches_pca", "linear-figures-errors", "linear-tables-conditions"):
        assert f'id="{place}"' in page
    words = " ".join("".join(leaf.extract_text() for leaf in pypdf.PdfReader(folder / "audit.pdf").pages).split())
    for caption in (TEMPLATE / "workflow/audit/linear").rglob("*.rst"):
        assert caption.read_text().strip()[:60] in words
    assert pd.read_csv(folder / "tables/verdicts.csv")["verdict"].item() in words


def test_it_keeps_the_rules_of_the_house(extended):
    own = [path for file in template_files() for path in [extended.folder / file] if path.suffix == ".py"]
    for command in (["ruff", "check", *own], ["ruff", "format", "--check", *own], ["snakefmt", "--check", "rules"]):
        assert subprocess.run(command, cwd=extended.folder, check=False).returncode == 0
    extended.python("-m", "pytest", "-q", "tests/test_linear.py", "tests/test_layers.py", "-k", "linear or table")


def test_it_is_one_of_all_experiments(extended):
    planned = extended.planned("--configfile", "config/smoke.yaml", "--forcerun", "summary")
    assert {"linear_errors", "linear_conditions", "vae_train", "audit_content"} <= planned.keys()
    assert "linear_train" not in planned
