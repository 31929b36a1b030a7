"""A code fingerprint changes with the code that a script uses, and with nothing else."""

from pathlib import Path

import pytest

from archdyn.workflow import fingerprint
from archdyn.workflow.fingerprint import CARRIERS, SCRIPTS, code_files, code_fingerprint, module_fingerprints

FILES = {
    "train.py": '"""Train."""\n\nfrom archdyn.models import net\nfrom archdyn.workflow.job import Job\n',
    "draw.py": "from archdyn.render.style import colour\n",
    "archdyn/__init__.py": "",
    "archdyn/models/__init__.py": "",
    "archdyn/models/net.py": (
        "from archdyn.models.layers import width\nfrom archdyn.experiments.gan.settings import Gan\n"
        'def net():\n    """A net."""\n    return 1\n'
    ),
    "archdyn/models/layers.py": "width = 3  # hidden\n",
    "archdyn/settings/__init__.py": "",
    "archdyn/experiments/gan/settings.py": 'class Gan:\n    epochs: int\n    """Passes."""\n    dropout: float\n    """Share."""\n',
    "archdyn/pipeline/__init__.py": "",
    "archdyn/workflow/job.py": "class Job: ...\n",
    "archdyn/plots/__init__.py": "",
    "archdyn/render/style.py": 'colour = "#fff"\n',
}


@pytest.fixture
def package(tmp_path):
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def fingerprints(package) -> dict[str, str]:
    for remembered in (fingerprint._source, fingerprint._module_file, fingerprint._functions):
        remembered.cache_clear()
    return {script: code_fingerprint(script, package) for script in ("train", "draw")}


def changed_by(package, name: str, old: str, new: str) -> set[str]:
    before = fingerprints(package)
    text = (package / name).read_text()
    assert old in text
    (package / name).write_text(text.replace(old, new))
    after = fingerprints(package)
    return {script for script in before if before[script] != after[script]}


def test_an_edited_helper_of_a_helper_changes_its_users_alone(package):
    assert changed_by(package, "archdyn/models/layers.py", "3", "4") == {"train"}
    assert changed_by(package, "archdyn/render/style.py", "#fff", "#000") == {"draw"}
    assert changed_by(package, "train.py", "import net", "import net as network") == {"train"}


def test_comments_docstrings_and_blank_lines_do_not_count(package):
    assert changed_by(package, "archdyn/models/layers.py", "# hidden", "# the hidden width") == set()
    assert changed_by(package, "archdyn/models/net.py", "A net.", "The net,\n    as published.") == set()
    assert changed_by(package, "archdyn/models/net.py", "def net", "\n\ndef net") == set()


def test_descriptions_of_settings_do_not_count_and_their_types_do(package):
    assert (
        changed_by(package, "archdyn/experiments/gan/settings.py", "Passes.", "Passes over\n    the images.") == set()
    )
    assert changed_by(package, "archdyn/experiments/gan/settings.py", "dropout: float", "dropout: int") == {"train"}


def test_a_hash_inside_a_string_is_code(package):
    assert changed_by(package, "archdyn/render/style.py", "#fff", "#ffe") == {"draw"}


def test_what_carries_a_job_does_not_count(package):
    assert changed_by(package, "archdyn/workflow/job.py", "...", "x = 1") == set()


def test_each_module_has_a_digest_of_its_own(package):
    before = module_fingerprints("train", package)
    changed_by(package, "archdyn/models/layers.py", "3", "4")
    after = module_fingerprints("train", package)
    layers, others = "archdyn/models/layers.py", {"train.py", "archdyn/models/net.py"}
    assert {layers, *others} <= set(before) == set(after)
    assert {name for name in before if before[name] != after[name]} == {layers}


def test_code_after_a_docstring_on_its_line_counts(package):
    changed_by(package, "archdyn/models/layers.py", "width = 3", '"""Layers."""; width = 3')
    assert changed_by(package, "archdyn/models/layers.py", "; width = 3", "; width = 4") == {"train"}


def test_a_relative_import_counts(package):
    changed_by(package, "archdyn/models/net.py", "from archdyn.models.layers", "from .layers")
    assert changed_by(package, "archdyn/models/layers.py", "3", "4") == {"train"}


def test_an_import_by_name_counts(package):
    imported = 'from importlib import import_module\nwidth = import_module("archdyn.models.layers").width\n'
    changed_by(package, "archdyn/models/net.py", "from archdyn.models.layers import width\n", imported)
    assert changed_by(package, "archdyn/models/layers.py", "3", "4") == {"train"}


def test_what_a_carrier_imports_for_a_function_counts_where_the_function_is_used(package):
    (package / "archdyn/randomness.py").write_text("seed = 1\n")
    job = "class Job:\n    def start(self):\n        from archdyn.networks.seeds import seed\n"
    (package / "archdyn/workflow/job.py").write_text(job)
    assert changed_by(package, "archdyn/randomness.py", "1", "2") == set()
    (package / "train.py").write_text(FILES["train.py"] + "Job().start()\n")
    assert changed_by(package, "archdyn/randomness.py", "2", "3") == {"train"}


def counted() -> set[Path]:
    """Every file of the package that counts for at least one script."""
    return {file for script in SCRIPTS.glob("*.py") for file in code_files(script.stem)}


def excused(module: str) -> bool:
    return any(module == carrier or module.startswith(f"{carrier}.") for carrier in CARRIERS)


def test_every_module_counts_for_a_script_or_cannot_change_a_number():
    files = [file for file in (SCRIPTS / "archdyn").rglob("*.py") if file.name != "__init__.py"]
    dotted = {".".join(file.relative_to(SCRIPTS).with_suffix("").parts): file for file in files}
    unseen = set(dotted.values()) - counted()
    assert [module for module, file in dotted.items() if file in unseen and not excused(module)] == []
    assert [
        carrier for carrier in CARRIERS if not any(f"{module}.".startswith(f"{carrier}.") for module in dotted)
    ] == []
    assert all(CARRIERS.values())


def test_seed_and_device_count_for_what_trains():
    files = {file.relative_to(SCRIPTS).as_posix() for file in code_files("gan_train")}
    assert {"archdyn/randomness.py", "archdyn/seed.py", "archdyn/networks/device.py"} <= files
    drawn = {file.relative_to(SCRIPTS).as_posix() for file in code_files("gan_figure9")}
    assert not {"archdyn/randomness.py", "archdyn/networks/device.py"} & drawn


@pytest.mark.parametrize("file", sorted(counted()), ids=lambda file: file.stem)
def test_an_edit_of_any_module_that_counts_changes_its_digest(file, tmp_path):
    copy = tmp_path / file.name
    copy.write_text(file.read_text())
    before = fingerprint._source(copy, tmp_path).digest
    fingerprint._source.cache_clear()
    copy.write_text(f"{file.read_text()}\nplanted = 1\n")
    assert fingerprint._source(copy, tmp_path).digest != before
