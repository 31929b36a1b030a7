"""A code fingerprint changes with the code that a script uses, and with nothing else."""

import pytest

from archdyn.pipeline.fingerprint import _code_lines, _imported_modules, code_fingerprint, module_fingerprints

FILES = {
    "train.py": '"""Train."""\n\nfrom archdyn.models import net\nfrom archdyn.pipeline.job import Job\n',
    "draw.py": "from archdyn.plots.style import colour\n",
    "archdyn/__init__.py": "",
    "archdyn/models/__init__.py": "",
    "archdyn/models/net.py": (
        "from archdyn.models.layers import width\nfrom archdyn.settings.gan import Gan\n"
        'def net():\n    """A net."""\n    return 1\n'
    ),
    "archdyn/models/layers.py": "width = 3  # hidden\n",
    "archdyn/settings/__init__.py": "",
    "archdyn/settings/gan.py": 'class Gan:\n    epochs: int\n    """Passes."""\n    dropout: float\n    """Share."""\n',
    "archdyn/pipeline/__init__.py": "",
    "archdyn/pipeline/job.py": "class Job: ...\n",
    "archdyn/plots/__init__.py": "",
    "archdyn/plots/style.py": 'colour = "#fff"\n',
}


@pytest.fixture
def package(tmp_path):
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def fingerprints(package) -> dict[str, str]:
    _code_lines.cache_clear()
    _imported_modules.cache_clear()
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
    assert changed_by(package, "archdyn/plots/style.py", "#fff", "#000") == {"draw"}
    assert changed_by(package, "train.py", "import net", "import net as network") == {"train"}


def test_comments_docstrings_and_blank_lines_do_not_count(package):
    assert changed_by(package, "archdyn/models/layers.py", "# hidden", "# the hidden width") == set()
    assert changed_by(package, "archdyn/models/net.py", "A net.", "The net,\n    as published.") == set()
    assert changed_by(package, "archdyn/models/net.py", "def net", "\n\ndef net") == set()


def test_descriptions_of_settings_do_not_count_and_their_types_do(package):
    assert changed_by(package, "archdyn/settings/gan.py", "Passes.", "Passes over\n    the images.") == set()
    assert changed_by(package, "archdyn/settings/gan.py", "dropout: float", "dropout: int") == {"train"}


def test_a_hash_inside_a_string_is_code(package):
    assert changed_by(package, "archdyn/plots/style.py", "#fff", "#ffe") == {"draw"}


def test_what_carries_a_job_does_not_count(package):
    assert changed_by(package, "archdyn/pipeline/job.py", "...", "x = 1") == set()


def test_each_module_has_a_digest_of_its_own(package):
    before = module_fingerprints("train", package)
    changed_by(package, "archdyn/models/layers.py", "3", "4")
    after = module_fingerprints("train", package)
    layers, others = "archdyn/models/layers.py", {"train.py", "archdyn/models/net.py"}
    assert {layers, *others} <= set(before) == set(after)
    assert {name for name in before if before[name] != after[name]} == {layers}
