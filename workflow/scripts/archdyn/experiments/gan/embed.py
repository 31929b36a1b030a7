"""Images drawn from a trained generator."""

import math
from pathlib import Path

import numpy as np
import torch

from archdyn.experiments.gan.model import NOISE_DIM, build_generator
from archdyn.experiments.gan.settings import GanTraining
from archdyn.networks.checkpoint import load_weights, read_settings
from archdyn.networks.pixels import from_signed

BATCH = 1000


@torch.no_grad()
def sample_images(checkpoint: Path, n: int, device: torch.device) -> np.ndarray:
    """Draw `n` images, uint8 (n, h, w[, 3]), with BatchNorm's running statistics, from torch's global generator."""
    settings = read_settings(checkpoint)
    shape = tuple(settings["shape"])
    generator = build_generator(GanTraining.model_validate(settings["training"]), math.prod(shape))
    load_weights(checkpoint, "generator", generator).to(device).eval()
    batches = [
        from_signed(generator(torch.randn(min(BATCH, n - start), NOISE_DIM, device=device)), shape).cpu().numpy()
        for start in range(0, n, BATCH)
    ]
    return np.concatenate(batches)
