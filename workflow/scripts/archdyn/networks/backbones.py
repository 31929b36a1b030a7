"""Build backbones, and read and write their weights, whichever provider they come from.

A backbone's checkpoint holds its architecture, its preprocessing, its class names and a label of its weights.
"""

from dataclasses import dataclass
from pathlib import Path

import timm
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from archdyn.errors import ArchdynError
from archdyn.networks.checkpoint import check_weights, load_weights, read_settings, save_checkpoint
from archdyn.networks.preprocessing import Preprocess

HEADS = ("fc.weight", "head.weight", "classifier.weight")


@dataclass
class Backbone:
    """A model in eval mode with its head, what it expects of images, its class names, and its weights' label."""

    model: nn.Module
    preprocess: Preprocess
    classes: list[str]
    weights: str


def build(architecture: dict, classes: int) -> nn.Module:
    """A new model with `classes` logits; `architecture` has library, model, arguments (config/backbones.yaml).

    A CLIP of open_clip has no logits of its own, so its `classes` is 0.
    """
    if architecture["library"] == "open_clip":
        from archdyn.networks.clip import build_clip  # seconds to import, for those who need it

        return build_clip(architecture)
    return timm.create_model(architecture["model"], num_classes=classes, **architecture["arguments"])


def save_backbone(path: Path, model: nn.Module, architecture: dict, classes: list[str], weights: str) -> None:
    """Write a checkpoint that `load_backbone` reads."""
    save_checkpoint(path, {"backbone": model}, architecture | {"classes": classes, "weights": weights})


def load_backbone(path: Path, device: torch.device, preprocessing: dict | None = None) -> Backbone:
    """The backbone of a checkpoint, in channels_last; `preprocessing` changes settings that were saved with it."""
    settings = read_settings(path)
    model = load_weights(path, "backbone", build(settings, len(settings["classes"])))
    model = model.to(device, memory_format=torch.channels_last).eval()
    preprocess = Preprocess(settings["preprocessing"] | (preprocessing or {}), device)
    return Backbone(model, preprocess, settings["classes"], settings["weights"])


def default_classes(architecture: dict) -> list[str]:
    """The class names of a new model: ImageNet's, or none for a CLIP."""
    return [] if architecture["library"] == "open_clip" else imagenet_classes()


def imagenet_classes() -> list[str]:
    """The 1,000 class names of ImageNet-1k in the order of the logits, from timm."""
    return list(timm.data.ImageNetInfo("imagenet-1k").label_descriptions())


def read_state(path: Path) -> dict[str, Tensor]:
    """The tensors of a safetensors file or of a state dict written by torch.save; no pickle is executed.

    Raises ArchdynError, naming the file, for anything else.
    """
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # whatever a file of another kind leads to
        raise ArchdynError(
            f"{path}: neither safetensors nor a state dict of plain tensors ({_brief(error)})"
        ) from error
    if not isinstance(state, dict) or not all(isinstance(value, Tensor) for value in state.values()):
        raise ArchdynError(f"{path}: holds no state dict; allowed: tensors by name")
    return state


def renamed(state: dict[str, Tensor], model: nn.Module, path: Path) -> dict[str, Tensor]:
    """Foreign weights in the model's own order, under the model's names.

    Raises ArchdynError, naming the file, where the numbers of tensors differ, or what one is (weight, bias, ...).
    """
    wanted = model.state_dict()
    if len(state) != len(wanted):
        raise ArchdynError(f"{path}: found {len(state)} tensors; allowed: {len(wanted)}, those of the model in order")
    for found, name in zip(state, wanted, strict=True):
        if found.split(".")[-1] != name.split(".")[-1]:
            raise ArchdynError(f"{path}: found {found} in the place of {name}; allowed: the model's tensors in order")
    return dict(zip(wanted, state.values(), strict=True))


def load_state(model: nn.Module, state: dict[str, Tensor], path: Path) -> nn.Module:
    """Load foreign weights. Raises ArchdynError naming the file and the first tensor that does not fit."""
    wanted = model.state_dict()
    # Batch counters came with PyTorch 0.4.1 and matter to no output.
    counters = [key for key in wanted if key.endswith("num_batches_tracked") and key not in state]
    check_weights(path, state, {key: tensor for key, tensor in wanted.items() if key not in counters})
    model.load_state_dict(state, strict=False)
    return model


def convert(path: Path, target: Path, architecture: dict, weights: str, ordered: bool = False) -> None:
    """Turn somebody's weights into a checkpoint at `target`, with as many classes as their head has.

    1,000 classes are ImageNet's; others are named by their numbers; a CLIP has none. ordered: the tensors have other
    names than the model's, and their order (see `renamed`).
    """
    state = read_state(path)
    if ordered:
        state = renamed(state, build(architecture, len(default_classes(architecture))), path)
    classes = [] if architecture["library"] == "open_clip" else _classes_of_head(state, path)
    model = load_state(build(architecture, len(classes)), state, path)
    save_backbone(target, model, architecture, classes, weights)


def _brief(error: Exception) -> str:
    """What torch says in a paragraph, with its advice on how to run the file's code all the same, in a few words."""
    if isinstance(error, SafetensorError | RuntimeError | OSError):
        return " ".join(str(error).split())[:200]
    return "it is no such file, or holds more than tensors"


def _classes_of_head(state: dict[str, Tensor], path: Path) -> list[str]:
    head = next((key for key in HEADS if key in state), None)
    if head is None or state[head].ndim != 2:
        raise ArchdynError(f"{path}: no classifier (a matrix {' or '.join(HEADS)}) among its {len(state)} tensors")
    n = len(state[head])
    return imagenet_classes() if n == 1000 else [str(number) for number in range(n)]
