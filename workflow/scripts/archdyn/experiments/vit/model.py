"""What a timm vision transformer is asked beyond its logits: its attention, and an answer without some patches."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from timm.models.vision_transformer import VisionTransformer
from torch import Tensor, nn

from archdyn.errors import ArchdynError
from archdyn.networks.backbones import Backbone, load_backbone

PREFIX = 1  # tokens before the patches: CLS


def load_vit(path: Path, device: torch.device, preprocessing: dict | None = None) -> Backbone:
    """`load_backbone`, for a transformer that classifies by its CLS token. Raises ArchdynError for any other."""
    backbone = load_backbone(path, device, preprocessing)
    model = backbone.model
    if not isinstance(model, VisionTransformer) or model.global_pool != "token" or model.num_prefix_tokens != PREFIX:
        raise ArchdynError(f"{path}: {type(model).__name__} is no vision transformer that classifies by its CLS token")
    return backbone


def patch_grid(model: VisionTransformer) -> int:
    """Patches along one side of the (square) image."""
    return model.patch_embed.grid_size[0]


@contextmanager
def attention_read(model: VisionTransformer, on_attention: Callable[[int, Tensor], None]) -> Iterator[None]:
    """Within the block, `on_attention(layer, attention)` gets what each forward pass attends to, layers from 0.

    attention: float (n, heads, tokens, tokens), a row per query that sums to 1. It is the very tensor that timm's
    block multiplies with its values, taken behind the attention's dropout, which does nothing in eval mode. Fused
    attention, which never holds that tensor, is off within the block only.
    """
    attentions = [block.attn for block in model.blocks]
    fused = [attention.fused_attn for attention in attentions]
    hooks = [
        attention.attn_drop.register_forward_hook(lambda _, __, output, layer=layer: on_attention(layer, output))
        for layer, attention in enumerate(attentions)
    ]
    try:
        for attention in attentions:
            attention.fused_attn = False
        yield
    finally:
        for attention, hook, was_fused in zip(attentions, hooks, fused, strict=True):
            hook.remove()
            attention.fused_attn = was_fused


@contextmanager
def patches_kept(model: VisionTransformer, masks: Tensor) -> Iterator[None]:
    """Within the block, forward passes see CLS and the patches that `masks`, bool (n, patches), leaves, and no others.

    Each kept patch keeps its position embedding. Every image must lose the same number of patches.
    """
    whole = model.patch_drop
    model.patch_drop = _KeepPatches(masks)
    try:
        yield
    finally:
        model.patch_drop = whole


def blacken(pixels: Tensor, masks: Tensor) -> Tensor:
    """`pixels`, float (n, 3, size, size), with the patches of `masks`, bool (n, patches), set to 0."""
    side = int(masks.shape[1] ** 0.5)
    patch = pixels.shape[-1] // side
    covered = masks.view(-1, 1, side, side).repeat_interleave(patch, 2).repeat_interleave(patch, 3)
    return pixels.masked_fill(covered, 0)


class _KeepPatches(nn.Module):
    def __init__(self, masks: Tensor):
        super().__init__()
        kept = (~masks).nonzero()[:, 1].view(len(masks), -1)
        cls = torch.zeros(len(masks), PREFIX, dtype=kept.dtype, device=kept.device)
        self.index = torch.cat([cls, kept + PREFIX], 1).unsqueeze(2)

    def forward(self, tokens: Tensor) -> Tensor:
        return tokens.gather(1, self.index.expand(-1, -1, tokens.shape[2]))
