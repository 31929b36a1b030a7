"""What both towers of a CLIP make of images and texts, as they are: not of unit length."""

import numpy as np
import torch
from open_clip import CLIP

from archdyn.networks.clip import tokenise
from archdyn.networks.inference import BATCH
from archdyn.networks.preprocessing import Preprocess


@torch.no_grad()
def embed_images(
    model: CLIP,
    preprocess: Preprocess,
    images: np.ndarray,
    device: torch.device,
    precision: str = "float32",
    batch: int = BATCH,
) -> np.ndarray:
    """float32 (n, dimensions) of uint8 images; `precision` as `half_on_gpu` has it."""
    parts = []
    for start in range(0, len(images), batch):
        pixels = torch.from_numpy(np.ascontiguousarray(images[start : start + batch])).to(device)
        with half_on_gpu(device, precision):
            parts.append(model.encode_image(preprocess(pixels)))
    return torch.cat(parts).float().cpu().numpy()


@torch.no_grad()
def embed_texts(
    model: CLIP,
    templates: list[str],
    classes: list[str],
    device: torch.device,
    precision: str = "float32",
    batch: int = BATCH,
) -> np.ndarray:
    """float32 (templates, classes, dimensions) of each template with each class's name for {}."""
    texts = [template.format(name) for template in templates for name in classes]
    parts = []
    for tokens in tokenise(model, texts).split(batch):
        with half_on_gpu(device, precision):
            parts.append(model.encode_text(tokens.to(device)))
    return torch.cat(parts).float().cpu().numpy().reshape(len(templates), len(classes), -1)


def half_on_gpu(device: torch.device, precision: str) -> torch.autocast:
    """Within it, products are of float16 where the precision says so and the device is a GPU, as after `clip.load`."""
    return torch.autocast(device.type, torch.float16, enabled=precision == "float16" and device.type == "cuda")
