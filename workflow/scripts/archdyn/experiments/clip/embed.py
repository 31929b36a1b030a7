"""What both towers of a CLIP make of images and texts, as they are: not of unit length."""

from pathlib import Path

import numpy as np
import torch
from open_clip import CLIP
from torch import Tensor

from archdyn.networks.backbones import Backbone, load_backbone
from archdyn.networks.checkpoint import read_settings
from archdyn.networks.clip import in_half, tokenise
from archdyn.networks.inference import BATCH, forward_all
from archdyn.networks.preprocessing import Preprocess


def load_clip(path: Path, device: torch.device, precision: str) -> tuple[Backbone, str]:
    """A CLIP, and in words what it computes in: float16 throughout where the precision says so and the device is a GPU,
    as CLIP's own loader has it; float32 elsewhere, as there."""
    clip = load_backbone(path, device)
    if precision == "float16" and device.type == "cuda":
        clip.model = in_half(clip.model, read_settings(path))
        return clip, "float16 throughout, on a GPU"
    return clip, "float32"


def embed_images(
    model: CLIP, preprocess: Preprocess, images: np.ndarray, device: torch.device, batch: int = BATCH
) -> np.ndarray:
    """float32 (n, dimensions) of uint8 images, in the precision of the model."""
    precision = model.visual.conv1.weight.dtype

    def forward(pixels: Tensor) -> dict[str, Tensor]:
        return {"images": model.encode_image(preprocess(pixels).to(precision))}

    return forward_all(forward, images, device, batch=batch)["images"]


@torch.no_grad()
def embed_texts(
    model: CLIP, templates: list[str], classes: list[str], device: torch.device, batch: int = BATCH
) -> np.ndarray:
    """float32 (templates, classes, dimensions) of each template with each class's name for {}."""
    texts = [template.format(name) for template in templates for name in classes]
    parts = [model.encode_text(tokens.to(device)) for tokens in tokenise(model, texts).split(batch)]
    return torch.cat(parts).float().cpu().numpy().reshape(len(templates), len(classes), -1)
