"""The layers of the package: who may import whom."""

import ast
import subprocess
import sys

import pytest

from conftest import ROOT, declared_scripts

SCRIPTS = ROOT / "workflow/scripts"
LIBRARY = SCRIPTS / "archdyn"
TORCH_LIKE = {"torch", "torchvision", "safetensors"}


def imports(path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module)
    return names


def files_of(*folders: str) -> list:
    return [path for folder in folders for path in sorted((LIBRARY / folder).glob("*.py"))]


@pytest.mark.parametrize("path", files_of("metrics", "plots", "tables"), ids=lambda path: path.stem)
def test_metrics_plots_and_tables_import_neither_torch_nor_models(path):
    forbidden = {f"archdyn.{layer}" for layer in ("models", "train", "embed", "pipeline")}
    found = imports(path)
    assert not {name.split(".")[0] for name in found} & TORCH_LIKE
    assert not {".".join(name.split(".")[:2]) for name in found} & forbidden


@pytest.mark.parametrize("path", files_of("models", "embed"), ids=lambda path: path.stem)
def test_nothing_imports_a_later_step(path):
    later = {"models": ("embed", "train"), "embed": ("train",)}[path.parent.name]
    assert not [name for name in imports(path) if name.startswith(tuple(f"archdyn.{step}" for step in later))]


@pytest.mark.parametrize("path", sorted(LIBRARY.rglob("*.py")), ids=lambda path: path.stem)
def test_only_the_pipeline_layer_knows_snakemake(path):
    if path.parent.name != "pipeline":
        assert not any("snakemake" in name or name.startswith("archdyn.pipeline") for name in imports(path))


@pytest.mark.parametrize("path", sorted(SCRIPTS.glob("*.py")), ids=lambda path: path.stem)
def test_scripts_are_thin_and_named_as_their_rule(path):
    text = path.read_text()
    assert len(text.splitlines()) <= 40
    assert "snakemake.config" not in text
    rules = "".join(file.read_text() for file in (ROOT / "rules").glob("*.smk"))
    has_a_rule = f"rule {path.stem}:" in rules and f'workflow/scripts/{path.name}"' in rules
    assert has_a_rule != (path.stem in declared_scripts())


@pytest.mark.parametrize("path", sorted((ROOT / "rules").glob("*.smk")), ids=lambda path: path.stem)
def test_rule_files_are_short(path):
    assert len(path.read_text().splitlines()) <= 400


def test_drawing_does_not_load_torch():
    parts = [f"archdyn.{part}.{experiment}" for part in ("plots", "tables", "metrics") for experiment in ("gan", "vae")]
    code = f"import {', '.join(parts)}, archdyn.pipeline.job, sys;"
    code += "sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
