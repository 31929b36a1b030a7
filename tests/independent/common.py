"""What the sections read alike: a checkpoint, the pixels that its network expects, and a run's records and arrays."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from safetensors import safe_open
from torchvision.transforms.v2 import InterpolationMode, Normalize, Resize

Values = dict[str, dict[str, list[float]]]  # over seeds, by condition and metric


def checkpoint(file: Path) -> tuple[dict, dict[str, torch.Tensor]]:
    """The settings of a checkpoint, and its weights by name."""
    with safe_open(file, "pt") as opened:
        settings = json.loads(opened.metadata()["settings"])
        return settings, {name.removeprefix("backbone."): opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118


def pixels(images: np.ndarray, preprocessing: dict) -> torch.Tensor:
    """uint8 images (n, h, w[, 3]) as a network expects them, float32 (n, 3, size, size)."""
    colour = images if images.ndim == 4 else np.repeat(images[..., None], 3, axis=-1)
    unit = torch.from_numpy(colour).permute(0, 3, 1, 2) / 255
    resize = Resize([preprocessing["size"]] * 2, InterpolationMode(preprocessing["interpolation"]), antialias=True)
    return Normalize(preprocessing["mean"], preprocessing["sd"])(resize(unit).clamp(0, 1))


def record_of(run: Path, result: str) -> dict:
    """The record of a result's job, by its path without ending; the arrays that it read are under "arrays"."""
    record = json.loads((run / f"{result}.provenance.json").read_text())
    arrays = {Path(name).stem: run.parents[1] / name for name in record["inputs"] if name.endswith(".npy")}
    return record | {"arrays": arrays}


def weights_of(run: Path, record: dict) -> Path:
    """The one checkpoint that a job read."""
    (file,) = [run.parents[1] / name for name in record["inputs"] if name.endswith(".safetensors")]
    return file


def over_seeds(train: Callable[[int], dict[str, float]], seeds: range) -> dict[str, list[float]]:
    """What each of several trainings ends with, by metric."""
    runs = [train(seed) for seed in seeds]
    return {metric: [each[metric] for each in runs] for metric in runs[0]}


def tell(values: Callable[[Path], Values]) -> None:
    """Print the values of the run that is named on the command line, as JSON."""
    print(json.dumps(values(Path(sys.argv[1]))))
