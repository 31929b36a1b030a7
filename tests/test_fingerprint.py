"""The digests of a rule's code change with the code that its script uses, and with nothing else."""

from pathlib import Path

import pytest

from archdyn.workflow import fingerprint
from archdyn.workflow.fingerprint import COUNTED, SCRIPTS, module_digests

FILES = {
    "train.py": '"""Train."""\n\nfrom archdyn.experiments.toy.model import net\nfrom archdyn.workflow.job import Job\n',
    "draw.py": "from archdyn.render.style import colour\n",
    "archdyn/__init__.py": "",
    "archdyn/experiments/toy/model.py": (
        "from archdyn.experiments.toy.settings import Toy\nfrom archdyn.networks.layers import width\n"
        'def net():\n    """A net."""\n    return 1\n'
    ),
    "archdyn/experiments/toy/settings.py": (
        "from archdyn.settings.words import WRONG\nfrom archdyn.networks.bounds import most\n"
        'class Toy:\n    epochs: int\n    """Passes."""\n'
    ),
    "archdyn/experiments/toy/figures.py": "from archdyn.render.style import colour\n",
    "archdyn/networks/layers.py": "width = 3  # hidden\n",
    "archdyn/networks/bounds.py": "most = 9\n",
    "archdyn/settings/words.py": 'WRONG = "wrong"\n',
    "archdyn/workflow/job.py": "class Job: ...\n",
    "archdyn/render/style.py": 'colour = "#fff"\n',
}


@pytest.fixture
def package(tmp_path):
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


def digests(package: Path) -> dict[str, dict[str, str]]:
    for remembered in (fingerprint._closure, fingerprint._source, fingerprint._module_file):
        remembered.cache_clear()
    entries = {"train": ["train"], "draw": ["draw"], "figure": ["draw", "archdyn.experiments.toy.figures"]}
    return {name: module_digests(each, package) for name, each in entries.items()}


def changed_by(package: Path, name: str, old: str, new: str) -> set[str]:
    before = digests(package)
    text = (package / name).read_text(encoding="utf-8")
    assert old in text
    (package / name).write_text(text.replace(old, new), encoding="utf-8")
    after = digests(package)
    return {script for script in before if before[script] != after[script]}


@pytest.mark.parametrize(
    ("file", "old", "new", "scripts"),
    [
        ("archdyn/networks/layers.py", "3", "4", {"train"}),
        ("archdyn/render/style.py", "#fff", "#000", {"draw", "figure"}),  # a hash inside of a string is code
        ("archdyn/experiments/toy/figures.py", "import colour", "import colour as ink", {"figure"}),
        ("train.py", "import net", "import net as network", {"train"}),
        ("archdyn/networks/layers.py", "# hidden", "# the hidden width", set()),
        ("archdyn/experiments/toy/model.py", "A net.", "The net,\n    as published.", set()),
        ("archdyn/experiments/toy/model.py", "def net", "\n\ndef net", set()),
        ("archdyn/workflow/job.py", "...", "x = 1", set()),
        ("archdyn/settings/words.py", "wrong", "not right", set()),
        ("archdyn/experiments/toy/settings.py", "epochs: int", "epochs: float", set()),
        ("archdyn/networks/bounds.py", "9", "8", set()),  # only settings use it
    ],
)
def test_a_change_counts_for_the_scripts_that_it_can_change(package, file, old, new, scripts):
    assert changed_by(package, file, old, new) == scripts


@pytest.mark.parametrize(
    "imported",
    [
        "from ...networks.layers import width",
        'from importlib import import_module\nwidth = import_module("archdyn.networks.layers").width',
        "def late():\n    from archdyn.networks.layers import width",
    ],
    ids=["relative", "by name", "inside of a function"],
)
def test_every_kind_of_import_counts(package, imported):
    changed_by(package, "archdyn/experiments/toy/model.py", "from archdyn.networks.layers import width", imported)
    assert changed_by(package, "archdyn/networks/layers.py", "3", "4") == {"train"}


def test_code_after_a_docstring_on_its_line_counts(package):
    changed_by(package, "archdyn/networks/layers.py", "width = 3", '"""Layers."""; width = 3')
    assert changed_by(package, "archdyn/networks/layers.py", "; width = 3", "; width = 4") == {"train"}


def test_each_module_has_a_digest_of_its_own(package):
    before = digests(package)["train"]
    changed_by(package, "archdyn/networks/layers.py", "3", "4")
    after = digests(package)["train"]
    assert set(after) == {"train.py", "archdyn/experiments/toy/model.py", "archdyn/networks/layers.py"}
    assert {name for name in before if before[name] != after[name]} == {"archdyn/networks/layers.py"}


def test_every_room_counts_but_for_those_that_cannot_change_a_number():
    rooms = {path.name for path in (SCRIPTS / "archdyn").iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert rooms == {*COUNTED, "settings", "workflow"}
