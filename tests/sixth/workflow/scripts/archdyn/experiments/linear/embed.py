"""What a trained linear autoencoder makes of images."""

from pathlib import Path

import numpy as np
import torch

from archdyn.experiments.linear.model import LinearAutoencoder
from archdyn.networks.checkpoint import load_weights, read_settings
from archdyn.networks.pixels import on_device, to_unit


@torch.no_grad()
def reconstruct(model: Path, images: np.ndarray, device: torch.device) -> np.ndarray:
    """Reconstructions float32 (n, pixels), in the unit of [0, 1], of uint8 images by a checkpoint."""
    autoencoder = load_weights(model, "linear", LinearAutoencoder(**read_settings(model))).to(device)
    return autoencoder(to_unit(on_device(images, device)).flatten(1)).cpu().numpy()
