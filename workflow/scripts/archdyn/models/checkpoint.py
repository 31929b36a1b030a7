"""Checkpoints as safetensors, with the settings that rebuild the model as metadata. No pickle is executed."""

import json
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import nn

from archdyn.errors import ArchdynError


def save_checkpoint(path: Path, modules: dict[str, nn.Module], settings: dict) -> None:
    """Write the parameters and buffers of all `modules` under `<name>.` and `settings` as JSON metadata."""
    tensors = {
        f"{name}.{key}": tensor.detach().cpu().contiguous()
        for name, module in modules.items()
        for key, tensor in module.state_dict().items()
    }
    save_file(tensors, path, metadata={"settings": json.dumps(settings)})


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


def _opened(path: Path):
    try:
        return safe_open(path, framework="pt")
    except (SafetensorError, FileNotFoundError) as error:
        raise ArchdynError(f"{path}: not a readable safetensors checkpoint ({error})") from error
