"""The backbone registry (config/backbones.yaml), and what the rule files ask about weights while they plan.

Snakemake imports this module on every start, so it needs nothing but PyYAML.
"""

from functools import cache
from pathlib import Path

import yaml

from archdyn.data.registry import dataset_id

REGISTRY = Path(__file__).resolve().parents[4] / "config" / "backbones.yaml"


@cache
def load() -> dict[str, dict]:
    """The registry's entries by name; config/backbones.yaml explains their keys."""
    return yaml.safe_load(REGISTRY.read_text())["backbones"]


def with_official_weights() -> list[str]:
    """Names of the backbones whose weights somebody publishes."""
    return [name for name, entry in load().items() if "weights" in entry]


def of_library(library: str) -> list[str]:
    """Names of the backbones that a library builds."""
    return [name for name, entry in load().items() if entry["library"] == library]


def architecture(name: str) -> dict:
    """What builds the backbone and what it expects: library, model, arguments and preprocessing."""
    return {key: load()[name][key] for key in ("library", "model", "arguments", "preprocessing")}


def weights_label(spec: dict, pretraining: dict | None = None) -> str:
    """The backbone and the weights behind it in words; `spec` is {name, weights} of the config.

    pretraining: the experiment's block of that name, for a backbone that is pretrained here.
    """
    words = {
        "official": lambda: load()[spec["name"]]["weights"]["label"],
        "pretrained": lambda: f"pretrained on {dataset_id(pretraining['dataset'])}",
        "random": lambda: "random weights",
        "file": lambda: f"weights of {Path(spec['weights']['file']).name}",
    }
    return f"{spec['name']} ({words[provider(spec)]()})"


def provider(spec: dict) -> str:
    """Where the weights come from: official, pretrained, random or file."""
    if isinstance(spec["weights"], dict):
        return "file"
    return {"pretrain": "pretrained"}.get(spec["weights"], spec["weights"])
