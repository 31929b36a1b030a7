"""Logits of uint8 images under a backbone."""

import numpy as np
import torch
from torch import nn

from archdyn.models.pixels import on_device
from archdyn.models.preprocessing import Preprocess

BATCH = 256


@torch.no_grad()
def predict(
    model: nn.Module, preprocess: Preprocess, images: np.ndarray, device: torch.device, precision: str = "float32"
) -> np.ndarray:
    """Logits float32 (n, classes) of uint8 images; the model stays in its mode. precision: float32 or bfloat16."""
    batches = []
    for start in range(0, len(images), BATCH):
        batch = on_device(images[start : start + BATCH], device)
        with torch.autocast(device.type, torch.bfloat16, enabled=precision == "bfloat16"):
            batches.append(model(preprocess(batch)).float())
    return torch.cat(batches).cpu().numpy()
