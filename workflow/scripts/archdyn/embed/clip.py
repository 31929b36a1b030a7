"""What both towers of a CLIP make of images and texts, as they are: not of unit length."""

import numpy as np
import torch
from open_clip import CLIP

from archdyn.models.clip import tokenise
from archdyn.models.preprocessing import Preprocess

BATCH = 256


@torch.no_grad()
def embed_images(
    model: CLIP, preprocess: Preprocess, images: np.ndarray, device: torch.device, precision: str = "float32"
) -> np.ndarray:
    """float32 (n, dimensions) of uint8 images; `precision` as `half_on_gpu` has it."""
    batches = []
    for start in range(0, len(images), BATCH):
        batch = torch.from_numpy(np.ascontiguousarray(images[start : start + BATCH])).to(device)
        with half_on_gpu(device, precision):
            batches.append(model.encode_image(preprocess(batch)))
    return torch.cat(batches).float().cpu().numpy()


@torch.no_grad()
def embed_texts(
    model: CLIP, templates: list[str], classes: list[str], device: torch.device, precision: str = "float32"
) -> np.ndarray:
    """float32 (templates, classes, dimensions) of each template with each class's name for {}."""
    texts = [template.format(name) for template in templates for name in classes]
    batches = []
    for tokens in tokenise(model, texts).split(BATCH):
        with half_on_gpu(device, precision):
            batches.append(model.encode_text(tokens.to(device)))
    return torch.cat(batches).float().cpu().numpy().reshape(len(templates), len(classes), -1)


def half_on_gpu(device: torch.device, precision: str) -> torch.autocast:
    """Within it, products are of float16 where the precision says so and the device is a GPU, as after `clip.load`."""
    return torch.autocast(device.type, torch.float16, enabled=precision == "float16" and device.type == "cuda")
