"""Checkpoints as safetensors, with what is not a tensor as JSON metadata. No pickle is executed."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from archdyn.errors import ArchdynError


def save_checkpoint(path: Path, modules: dict[str, nn.Module], settings: dict) -> None:
    """Write the parameters and buffers of all `modules` under `<name>.` and `settings` as JSON metadata."""
    tensors = {
        f"{name}.{key}": tensor.detach().cpu().contiguous()
        for name, module in modules.items()
        for key, tensor in module.state_dict().items()
    }
    _write(path, tensors, {"settings": json.dumps(settings)})


def read_settings(path: Path) -> dict:
    """The settings that a checkpoint was saved with. Raises ArchdynError when it is no such file."""
    with _opened(path) as file:
        return json.loads((file.metadata() or {}).get("settings", "{}"))


def load_weights(path: Path, name: str, module: nn.Module) -> nn.Module:
    """Load the tensors saved under `name` into `module`, in place.

    Raises ArchdynError naming the file and the first tensor that breaks the contract of `check_weights`.
    """
    prefix = f"{name}."
    with _opened(path) as file:
        found = [key for key in file.keys() if key.startswith(prefix)]  # noqa: SIM118
        state = {key.removeprefix(prefix): file.get_tensor(key) for key in found}
    check_weights(path, state, module.state_dict(), prefix)
    module.load_state_dict(state)
    return module


def check_weights(path: Path, state: dict[str, Tensor], wanted: dict[str, Tensor], prefix: str = "") -> None:
    """Hold the tensors of a file to those of a model: the same names and shapes, dense, and finite.

    A model's floating-point tensors may be of another precision in the file, its counters of another width. `prefix` is
    that of the tensors' names in the file. Raises ArchdynError with one line that names the file and the tensor.
    """
    for key in [*wanted, *state]:
        if key not in state or key not in wanted:
            missing_or_unknown = "is missing" if key in wanted else "is unknown to the model"
            raise ArchdynError(f"{path}: tensor {prefix}{key} {missing_or_unknown}")
    for key, tensor in state.items():
        place, model = f"{path}: {prefix}{key}", wanted[key]
        if tensor.shape != model.shape:
            raise ArchdynError(f"{place} has shape {tuple(tensor.shape)}, the model {tuple(model.shape)}")
        if tensor.layout != torch.strided or _kind(tensor) != _kind(model):
            raise ArchdynError(f"{place}: found {_described(tensor)}; allowed: {_described(model)}, or of its kind")
        if not torch.isfinite(tensor).all():
            count = tensor.numel() - int(torch.isfinite(tensor).sum())
            raise ArchdynError(f"{place}: found {count} values that are not finite")


def _kind(tensor: Tensor) -> str:
    if tensor.is_floating_point():
        return "floating point"
    return "other" if tensor.is_complex() or tensor.dtype == torch.bool else "whole"


def _described(tensor: Tensor) -> str:
    dtype = str(tensor.dtype).removeprefix("torch.")
    return dtype if tensor.layout == torch.strided else f"{str(tensor.layout).removeprefix('torch.')} {dtype}"


def save_state(path: Path, state: dict) -> None:
    """Write nested dicts and lists of tensors, arrays, numbers and texts.

    Floats survive exactly. Tuples come back as lists, arrays as tensors.
    """
    tensors: dict[str, Tensor] = {}
    tree = _packed(state, tensors)
    _write(path, tensors, {"tree": json.dumps(tree)})


def load_state(path: Path) -> dict:
    """What `save_state` wrote, with the tensors on the CPU. Raises ArchdynError when it is no such file."""
    with _opened(path) as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        tree = (file.metadata() or {}).get("tree")
    if tree is None:
        raise ArchdynError(f"{path}: not a saved state")
    return _unpacked(json.loads(tree), tensors)


def load_state_or_set_aside(path: Path, say: Callable[[str], None]) -> dict | None:
    """`load_state`; a damaged file is renamed to end in .broken, which `say` tells, and None returned."""
    try:
        return load_state(path)
    except ArchdynError as error:
        broken = path.replace(path.with_name(f"{path.name}.broken"))
        say(f"starts afresh: {error}; set aside as {broken.name}")
        return None


def _packed(node, tensors: dict[str, Tensor]):
    """The tree as JSON can hold it, whose dicts have texts alone as keys; tensors go to `tensors` by number."""
    if isinstance(node, np.ndarray):
        node = torch.from_numpy(node)
    if isinstance(node, Tensor):
        name = str(len(tensors))
        tensors[name] = node.detach().cpu().contiguous()
        return {"tensor": name}
    if isinstance(node, dict):
        return {"dict": [[key, _packed(value, tensors)] for key, value in node.items()]}
    if isinstance(node, list | tuple):
        return [_packed(value, tensors) for value in node]
    return node


def _unpacked(node, tensors: dict[str, Tensor]):
    if isinstance(node, list):
        return [_unpacked(value, tensors) for value in node]
    if isinstance(node, dict) and "tensor" in node:
        return tensors[node["tensor"]]
    if isinstance(node, dict):
        return {key: _unpacked(value, tensors) for key, value in node["dict"]}
    return node


def _write(path: Path, tensors: dict[str, Tensor], metadata: dict[str, str]) -> None:
    """Write under a temporary name and rename, which is safetensors' own way: the file is whole or not there."""
    try:
        save_file(tensors, path, metadata)
    except SafetensorError as error:
        raise ArchdynError(f"{path}: cannot be written ({error})") from error


def _opened(path: Path):
    try:
        return safe_open(path, framework="pt")
    except (SafetensorError, FileNotFoundError) as error:
        raise ArchdynError(f"{path}: not a readable safetensors checkpoint ({error})") from error
