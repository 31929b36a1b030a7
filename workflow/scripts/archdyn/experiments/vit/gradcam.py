"""Grad-CAM: where a convolutional network looks for its answer (Selvaraju et al. 2017)."""

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import interpolate

from archdyn.errors import ArchdynError
from archdyn.networks.backbones import Backbone
from archdyn.networks.pixels import on_device
from archdyn.networks.stages import stages

SMALLEST = 4  # cells along a side: a coarser map shows no place
BATCH = 16  # images whose activations are kept for their gradients: ResNet-152 keeps 0.2 GB of each


def grad_cam(cnn: Backbone, images: np.ndarray, device: torch.device) -> tuple[np.ndarray, np.ndarray, str]:
    """Maps float32 (n, rows, columns) in [0, 1] of the top class of uint8 images, the logits, and the layer used.

    A map is the layer's channels weighted by the mean gradient of the class's logit, without its negative part,
    over its largest value. The layer is the last stage whose map has SMALLEST cells along each side.
    Raises ArchdynError for a network without such a layer, or whose stages are not known.
    """
    maps: dict[str, Tensor] = {}
    hooks = [
        modules[-1].register_forward_hook(lambda _, __, output, name=name: maps.update({name: output}))
        for name, modules in stages(cnn.model).items()
    ]
    pixels = cnn.preprocess(on_device(images, device)).requires_grad_()
    logits = cnn.model(pixels)
    for hook in hooks:
        hook.remove()
    layer = next((name for name in reversed(maps) if min(maps[name].shape[-2:]) >= SMALLEST), None)
    if layer is None:
        raise ArchdynError(f"Grad-CAM: {type(cnn.model).__name__} has no layer of {SMALLEST} x {SMALLEST} cells")
    (gradients,) = torch.autograd.grad(logits.amax(1).sum(), maps[layer])
    weighted = (gradients.mean((2, 3), keepdim=True) * maps[layer]).sum(1).relu()
    highest = weighted.amax((1, 2), keepdim=True).clamp(min=torch.finfo(weighted.dtype).tiny)
    return (weighted / highest).detach().cpu().numpy(), logits.detach().cpu().numpy(), layer


def patch_gradcam(cnn: Backbone, images: np.ndarray, grid: int, device: torch.device) -> np.ndarray:
    """`grad_cam` of uint8 images on the patches of a transformer, bilinearly: float32 (n, grid * grid)."""
    parts = [grad_cam(cnn, images[start : start + BATCH], device)[0] for start in range(0, len(images), BATCH)]
    maps = torch.from_numpy(np.concatenate(parts)).unsqueeze(1)
    return interpolate(maps, (grid, grid), mode="bilinear", antialias=True).flatten(1).numpy()
