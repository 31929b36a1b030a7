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

    Raises ArchdynError naming the file and the first tensor that is missing, unknown or of another shape.
    """
    with _opened(path) as file:
        found = {k.removeprefix(f"{name}."): k for k in file.keys() if k.startswith(f"{name}.")}  # noqa: SIM118
        wanted = module.state_dict()
        for key in wanted.keys() ^ found.keys():
            state = "is missing" if key in wanted else "is unknown to the model"
            raise ArchdynError(f"{path}: tensor {name}.{key} {state}")
        state = {key: file.get_tensor(saved) for key, saved in found.items()}
    for key, tensor in state.items():
        if tensor.shape != wanted[key].shape:
            expected = tuple(wanted[key].shape)
            raise ArchdynError(f"{path}: {name}.{key} has shape {tuple(tensor.shape)}, the model has {expected}")
    module.load_state_dict(state)
    return module


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
