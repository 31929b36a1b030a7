"""What the project runs on: pyproject.toml, the lock, the conda environments and the container recipe agree."""

import re
import subprocess
import sys
from importlib.metadata import packages_distributions

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from archdyn.workflow.fingerprint import SCRIPTS, code_files
from conftest import ROOT
from test_layers import EXPERIMENTS, LIBRARY, imports

ENVIRONMENTS = ("analysis", "audit", "torch")
DISTRIBUTIONS = packages_distributions()  # reads every installed package, which takes a second
LOCKS = ("requirements.lock", "requirements-test.lock")
DISPATCHERS = ("figure", "table", "panel")  # scripts that import a module of the experiment by its name


def locked() -> dict[str, str]:
    lines = [line for name in LOCKS for line in (ROOT / name).read_text().splitlines()]
    pins = [Requirement(line) for line in lines if "==" in line]
    return {pin.name: str(pin.specifier).removeprefix("==") for pin in pins}


def conda(name: str) -> tuple[str, dict[str, str]]:
    """The Python of a conda environment, and its packages with their versions."""
    python, _, packages = yaml.safe_load((ROOT / f"envs/{name}.yaml").read_text())["dependencies"]
    return python.removeprefix("python="), dict(pin.split("==") for pin in packages["pip"])


def environment_of_scripts() -> dict[str, str]:
    """The conda environment of every script, as its rule says."""
    found = {}
    for file in (ROOT / "rules").glob("*.smk"):
        for block in re.split(r"^(?=(?:rule|checkpoint) )", file.read_text(), flags=re.M):
            for script in re.findall(r"workflow/scripts/(\w+)\.py", block):
                (found[script],) = re.findall(r"\.\./envs/(\w+)\.yaml", block)
    return found


def needed(script: str) -> set[str]:
    """Packages that a script and the modules that it uses import."""
    drawn = [f"archdyn.experiments.{name}.{script}s" for name in EXPERIMENTS] if script in DISPATCHERS else []
    drawn = [name for name in drawn if (SCRIPTS / f"{name.replace('.', '/')}.py").is_file()]
    names = {name.split(".")[0] for file in code_files([script, *drawn]) for name in imports(file)}
    return {canonicalize_name(DISTRIBUTIONS[name][0]) for name in names - set(sys.stdlib_module_names) - {LIBRARY.name}}


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_a_conda_environment_has_the_locked_versions(name):
    _, packages = conda(name)
    assert packages.items() <= locked().items()
    assert ("torch" in packages) == (name == "torch")


def test_a_conda_environment_has_what_its_rules_import():
    environments = environment_of_scripts()
    assert environments.keys() == {path.stem for path in SCRIPTS.glob("*.py")}
    lacking = {(script, name, *needed(script) - conda(name)[1].keys()) for script, name in environments.items()}
    assert {entry for entry in lacking if len(entry) > 2} == set()
    assert "torch" in needed("vae_train")


def test_the_container_has_the_lock_and_the_same_python():
    recipe = (ROOT / "envs/Dockerfile").read_text()
    (python,) = {conda(name)[0] for name in ENVIRONMENTS}
    assert re.findall(r"^FROM python:([\d.]+)-", recipe, re.M) == [python]
    assert re.findall(r"^COPY (.*)", recipe, re.M) == ["requirements.lock /tmp/requirements.lock"]
    assert re.findall(r"pip install (.*)", recipe) == ["--no-cache-dir --requirement /tmp/requirements.lock"]
    assert f"with Python {python}," in (ROOT / "requirements.lock").read_text()


@pytest.mark.parametrize("is_linux", [True, False])
def test_make_counts_the_cores_of_a_machine_that_is_no_linux_too(is_linux):
    code = re.search(r'^CORES .*-c "(.*)"\)$', (ROOT / "Makefile").read_text(), re.M)[1]
    without = "" if is_linux else "import os; del os.sched_getaffinity; "
    assert int(subprocess.check_output([sys.executable, "-c", without + code])) >= 1
