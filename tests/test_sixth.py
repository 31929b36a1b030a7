"""A stranger adds an experiment to a copy, as CONTRIBUTING.md says; tests/sixth holds what they write."""

import re
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
        ("from archdyn.experiments.resnet.settings", "from archdyn.settings.linear import LinearSettings\n"),
        ("]\n\n\nclass Config", ', "linear"'),
        ("    clip: ClipSettings\n", "    linear: LinearSettings\n"),
    ],
}
GENERATED = ("docs/configuration/general.md", "docs/configuration/linear.md", "config/schema.json")  # by `make format`
# What another experiment would not share: its mathematics with its tests, what it claims, and what it says of itself.
SCIENCE = ("config/claims", "config/published", "workflow/audit", "tests") + tuple(
    f"workflow/scripts/archdyn/{layer}" for layer in ("models", "train", "embed", "metrics", "plots", "tables")
)
RESULTS = "results/smoke"
SMOKE = ("--configfile", "config/smoke.yaml", "--config", "report=[linear]")
DOCSTRING = re.compile(r'^ *""".*?"""\n', re.MULTILINE | re.DOTALL)


def template_files() -> list[str]:
    found = (path.relative_to(TEMPLATE) for path in sorted(TEMPLATE.rglob("*")) if path.is_file())
    return [path.as_posix() for path in found if "__pycache__" not in path.parts]


def is_science(file: str) -> bool:
    return file.startswith(tuple(f"{folder}/" for folder in SCIENCE))


def code_lines(text: str) -> int:
    """Lines that do something. What explains them (comments, docstrings, which are the manual's text too) is free.

    Imports, brackets and lists of inputs count, since whoever adds an experiment has to get them right.
    """
    code = DOCSTRING.sub("", text)
    return sum(bool(line.strip()) and not line.strip().startswith("#") for line in code.splitlines())


def lines_around_the_science() -> dict[str, int]:
    """By file, what is written in the template, or put into a file of the project, that is not the science."""
    lines = {file: code_lines((TEMPLATE / file).read_text()) for file in template_files() if not is_science(file)}
    for file, edits in EDITS.items():
        lines[file] = lines.get(file, 0) + len(edits)
    return lines


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
    """A copy with the sixth experiment, run at smoke scale down to the report."""
    project = Project.fresh(tmp_path_factory.mktemp("sixth"))
    follow_the_recipe(project)
    run = project.snakemake("linear", "report", "--cores", "2", *SMOKE)
    assert run.returncode == 0, run.stdout[-5000:]
    return project


def test_what_is_not_its_science_takes_few_files_and_lines():
    lines = lines_around_the_science()
    assert len([*lines, *GENERATED]) <= 15, lines
    assert sum(lines.values()) <= 200, lines


@pytest.mark.long
def test_its_numbers_say_what_the_theory_says(extended):
    summary = pd.read_csv(extended.folder / RESULTS / "linear/metrics/summary.csv").set_index(["condition", "metric"])
    for condition in ("narrow", "wide"):
        assert 0.95 < summary.at[(condition, "error_ratio"), "mean"] < 1.1
    assert summary.at[("wide", "pca_error"), "mean"] < summary.at[("narrow", "pca_error"), "mean"]


@pytest.mark.long
def test_page_and_paper_have_its_section_verdict_figure_and_table(extended):
    folder = extended.folder / RESULTS / "report"
    page = (folder / "report.html").read_text()
    for place in ("linear", "linear-reaches_pca", "linear-figures-errors", "linear-tables-conditions"):
        assert f'id="{place}"' in page
    paper = "".join(leaf.extract_text() for leaf in pypdf.PdfReader(folder / "report.pdf").pages)
    words = " ".join(paper.split())
    assert "A linear autoencoder finds PCA’s subspace" in words.replace("'", "’")
    for caption in (TEMPLATE / "workflow/audit/linear").rglob("*.rst"):
        assert caption.read_text().strip()[:60] in words
    verdict = pd.read_csv(extended.folder / RESULTS / "linear/tables/verdicts.csv")["verdict"].item()
    assert verdict == "holds"
    assert verdict in words


@pytest.mark.long
def test_it_keeps_the_rules_of_the_house(extended):
    own = [path for file in template_files() for path in [extended.folder / file] if path.suffix == ".py"]
    for command in (["ruff", "check", *own], ["ruff", "format", "--check", *own], ["snakefmt", "--check", "rules"]):
        assert subprocess.run(command, cwd=extended.folder, check=False).returncode == 0
    extended.python("-m", "pytest", "-q", "tests/test_linear.py", "tests/test_layers.py", "-k", "linear or table")


@pytest.mark.long
def test_it_is_one_of_all_experiments(extended):
    planned = extended.planned("--configfile", "config/smoke.yaml", "--forcerun", "linear_summary")
    assert {"linear_errors", "linear_conditions", "vae_train", "audit_content"} <= planned.keys()
    assert "linear_train" not in planned
    assert "# linear" in (extended.folder / "docs/configuration/linear.md").read_text()
