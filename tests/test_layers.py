"""The layers of the package: who may import whom, and from outside."""

import ast
import re
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest

from archdyn.config import Experiment
from conftest import ROOT

EXPERIMENTS = get_args(Experiment)
SCRIPTS = ROOT / "workflow/scripts"
LIBRARY = SCRIPTS / "archdyn"

# A room is a folder of the package or a module at its top, and each imports only those above it in this table.
ALLOWED = {
    "errors": set(),
    "render": {"errors"},
    "measures": {"errors"},
    "data": {"errors"},
    "settings": {"errors"},
    "networks": {"errors", "settings"},
    "claims": {"errors", "render", "settings"},
    "designs": {"errors", "render", "settings", "claims"},
    "experiments": {"errors", "render", "measures", "data", "settings", "networks", "designs"},
    "config": {"data", "settings", "experiments"},
    "manual": {"settings", "designs", "config"},
    "audit": {"errors", "render", "settings", "claims"},
    "workflow": {"errors", "render", "data", "settings", "networks", "claims", "designs", "experiments", "config"},
    "cli": {"errors", "workflow"},
}
TORCH = {"torch", "torchvision", "timm", "open_clip", "safetensors"}
OF_EXPERIMENTS = r"experiments/\w+/(model|train|embed|losses|gradcam|photos)\.py"
WITH_TORCH = re.compile(rf"networks/.*|{OF_EXPERIMENTS}|workflow/(job|record)\.py")
WITH_SNAKEMAKE = {"workflow"}


def layer_of(path: Path) -> str:
    return path.relative_to(LIBRARY).parts[0].removesuffix(".py")


def imports(path: Path) -> set[str]:
    """Dotted names; of `from archdyn import config`, both archdyn and archdyn.config."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import hides its layer"
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def layers_imported(path: Path) -> set[str]:
    dotted = (name.split(".") for name in imports(path))
    return {parts[1] for parts in dotted if parts[0] == "archdyn" and len(parts) > 1} - {layer_of(path)}


def modules() -> list[Path]:
    return [path for path in sorted(LIBRARY.rglob("*.py")) if path != LIBRARY / "__init__.py"]


def named(path: Path) -> str:
    return path.relative_to(LIBRARY).as_posix()


def test_the_table_holds_every_room_below_those_that_use_it():
    assert {layer_of(path) for path in modules()} == set(ALLOWED)
    order = list(ALLOWED)
    assert all(order.index(below) < order.index(layer) for layer, belows in ALLOWED.items() for below in belows)


def test_the_table_allows_nothing_that_is_not_used():
    used = {layer: set() for layer in ALLOWED}
    for path in modules():
        used[layer_of(path)] |= layers_imported(path)
    assert used == ALLOWED


@pytest.mark.parametrize("path", modules(), ids=named)
def test_a_module_imports_only_what_its_layer_may(path):
    layer, outside = layer_of(path), {name.split(".")[0] for name in imports(path)}
    assert layers_imported(path) <= ALLOWED[layer]
    assert WITH_TORCH.fullmatch(named(path)) or not outside & TORCH
    assert layer in WITH_SNAKEMAKE or "snakemake" not in outside


@pytest.mark.parametrize("path", sorted(SCRIPTS.glob("*.py")), ids=lambda path: path.stem)
def test_scripts_are_named_as_their_rule(path):
    assert "snakemake.config" not in path.read_text()
    rules = "".join(file.read_text() for file in (ROOT / "rules").glob("*.smk"))
    named = re.search(rf"^(rule|checkpoint) {path.stem}:$", rules, re.MULTILINE)
    assert named and f'workflow/scripts/{path.name}"' in rules


@pytest.mark.parametrize(
    ("parts", "heavy"),
    [
        (("figures", "tables", "metrics"), {"torch"}),
        (("figures", "tables"), {"sklearn", "scipy.stats", "statsmodels"}),
    ],
)
def test_drawing_loads_neither_torch_nor_what_measures(parts, heavy):
    """Dozens of figures and tables start a process each, and scikit-learn takes two seconds to import."""
    names = [f"archdyn.experiments.{name}.{part}" for part in parts for name in EXPERIMENTS]
    code = f"import {', '.join(names)}, archdyn.workflow.job, sys; sys.exit(bool({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_text_is_utf_8_in_every_locale():
    """What ruff's PLW1514 does not see: where it cannot tell that something is a path."""
    for path in SCRIPTS.rglob("*.py"):
        calls = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
        texts = [call for call in calls if getattr(call.func, "attr", None) in ("read_text", "write_text")]
        without = [call.lineno for call in texts if "encoding" not in {word.arg for word in call.keywords}]
        assert without == [], path
