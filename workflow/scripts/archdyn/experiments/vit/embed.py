"""What a vision transformer makes of images: logits, embeddings and attention, whole or with patches masked."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext
from itertools import chain, repeat

import numpy as np
import torch
from scipy.special import softmax
from torch import Tensor, nn
from torch.nn.functional import adaptive_avg_pool2d, unfold

from archdyn.experiments.vit.answers import cls_maps
from archdyn.experiments.vit.masks import (
    areas,
    centre_masks,
    chosen_masks,
    grid_side,
    growing_masks,
    matched_masks,
    random_masks,
    strongest_masks,
)
from archdyn.experiments.vit.model import PREFIX, attention_read, blacken, patch_grid, patches_kept
from archdyn.experiments.vit.photos import Pictures
from archdyn.networks.backbones import Backbone
from archdyn.networks.inference import BATCH, autocast, batches, gathered
from archdyn.networks.pixels import on_device

PlannedMasks = tuple[str, float, int, np.ndarray]  # shape, fraction, seed, masks bool (n, patches)
ATTENTION_BATCH = 32  # in ViT-B/16 a layer's attention takes 2 MB an image


def forward(model: nn.Module, pixels: Tensor) -> dict[str, Tensor]:
    """One pass over normalised images (n, 3, size, size).

    logits (n, classes), cls (n, d), and mean_patch (n, d), the mean of the patch tokens; both after the last norm.
    """
    tokens = model.forward_features(pixels)
    logits = model.forward_head(tokens)
    return {"logits": logits, "cls": tokens[:, 0], "mean_patch": tokens[:, PREFIX:].mean(1)}


@torch.inference_mode()
def embed(
    vit: Backbone,
    images: np.ndarray,
    device: torch.device,
    precision: str = "float32",
    masks: np.ndarray | None = None,
    way: str = "pixels",
    batch: int = BATCH,
) -> dict[str, np.ndarray]:
    """`forward` on uint8 images (n, h, w[, 3]), as float32 arrays; nothing is read back before the last batch.

    With `masks`, bool (n, patches): `way` pixels blackens these patches before normalisation, as the report does;
    tokens drops them after the position embedding, so that the transformer never sees them; mean sets them to 0 after
    normalisation, the mean colour that it subtracts.
    """
    dropped = masks is not None and way == "tokens"
    parts = []
    hidden_of = repeat(None) if masks is None else torch.from_numpy(masks).to(device).split(batch)
    for pixels, hidden in zip(batches(images, device, batch), hidden_of, strict=False):
        scaled = vit.preprocess.scale(pixels)
        if hidden is not None and way == "pixels":
            scaled = blacken(scaled, hidden)
        normalised = vit.preprocess.normalise(scaled)
        if hidden is not None and way == "mean":
            normalised = blacken(normalised, hidden)
        with autocast(device, precision), patches_kept(vit.model, hidden) if dropped else nullcontext():
            parts.append(forward(vit.model, normalised))
    return gathered(parts)


@torch.inference_mode()
def look(vit: Backbone, images: np.ndarray, device: torch.device) -> dict[str, np.ndarray]:
    """`forward` with the attention of every layer and head, float32 (n, layers, heads, tokens, tokens), in one pass."""
    layers: list[Tensor] = []
    with attention_read(vit.model, lambda _, attention: layers.append(attention)):
        arrays = forward(vit.model, vit.preprocess(on_device(images, device)))
    return {name: tensor.cpu().numpy() for name, tensor in (arrays | {"attention": torch.stack(layers, 1)}).items()}


def look_at_pictures(
    vit: Backbone, pictures: Pictures, masking: dict, seeds: list[int], device: torch.device, precision: str
) -> tuple[dict[str, np.ndarray], list[dict], list[dict]]:
    """All that is asked of single pictures; beside the arrays the rows of their masks, and of masks that grow.

    Of the pictures cut out: logits, attention, masks with masked_logits, growing_masks with growing_logits. Of those
    squashed: published_maps (`cls_maps` of the last layer) and squashed_logits, under the same masks, both bicubic, and
    published_logits, bilinear. masking: vit.masking.
    """
    how, grid = (device, precision), patch_grid(vit.model)
    found, squashed = (look(vit, images, device) for images in (pictures.images, pictures.bicubic))
    masks = list(plain_masks(len(pictures.names), grid, areas(grid, masking), seeds))
    rows, masked = masked_logits(vit, pictures.images, masks, seeds[0], *how)
    steps = growing_plan(len(pictures.names), grid, [0.0, *masking["fractions"]], seeds[0])
    (_, *growing), grown = masked_logits(vit, pictures.images, steps, seeds[0], *how, ways=("pixels",))
    arrays = {
        "logits": found["logits"],
        "attention": found["attention"],
        "masks": masked["masks"],
        "masked_logits": masked["logits"],
        "growing_masks": grown["masks"][1:],
        "growing_logits": grown["logits"][1:],
        "published_maps": cls_maps(squashed["attention"][:, -1]),
        "squashed_logits": masked_logits(vit, pictures.bicubic, masks, seeds[0], *how)[1]["logits"],
        "published_logits": embed(vit, pictures.bilinear, *how)["logits"],
    }
    return arrays, rows, growing


def head_statistics(vit: Backbone, images: np.ndarray, device: torch.device) -> dict[str, np.ndarray]:
    """Entropy and mean distance of the attention, float32 (n, layers, heads), without keeping the attention itself.

    entropy (nats): of a query's weights, averaged over the queries; ln(tokens) when they are even.
    distance (shares of the image's width): from a patch to what it attends to among the patches, averaged over the
    patches (Dosovitskiy et al. 2021, Figure 7).
    """
    between = patch_distances(patch_grid(vit.model), device)
    statistics = _of_layers(vit, images, device, lambda attention: summarise_heads(attention, between))
    return {"entropy": statistics[..., 0], "distance": statistics[..., 1]}


@torch.inference_mode()
def _of_layers(
    vit: Backbone, images: np.ndarray, device: torch.device, summary: Callable[[Tensor], Tensor]
) -> np.ndarray:
    """(n, layers, ...): what `summary` makes (n, ...) of each layer's attention (n, heads, tokens, tokens)."""
    layers: list[list[Tensor]] = [[] for _ in vit.model.blocks]
    with attention_read(vit.model, lambda layer, attention: layers[layer].append(summary(attention))):
        for pixels in batches(images, device, ATTENTION_BATCH):
            vit.model(vit.preprocess(pixels))
    return torch.stack([torch.cat(parts) for parts in layers], 1).cpu().numpy()


def summarise_heads(attention: Tensor, between: Tensor) -> Tensor:
    """Attention (n, heads, tokens, tokens) -> entropy and distance (n, heads, 2), as `head_statistics` has them."""
    entropy = torch.special.entr(attention).sum(-1).mean(-1)
    patches = attention[..., PREFIX:, PREFIX:]
    on_patches = patches.sum(-1).clamp(min=torch.finfo(patches.dtype).tiny)
    distance = ((patches * between).sum(-1) / on_patches).mean(-1)
    return torch.stack([entropy, distance], -1)


def patch_distances(grid: int, device: torch.device) -> Tensor:
    """Distances between the patches' centres, (patches, patches), in shares of the image's width."""
    places = torch.cartesian_prod(*[torch.arange(grid, device=device) / grid] * 2)
    return torch.cdist(places, places)


def plain_masks(n: int, grid: int, fractions: list[float], seeds: list[int]) -> Iterator[PlannedMasks]:
    """Random masks of every fraction, drawn per image and once for each seed, and those at the centre (no draw)."""
    for fraction in fractions:
        for seed in seeds:
            yield "random", fraction, seed, random_masks(n, grid, fraction, seed)
        yield "centre", fraction, seeds[0], centre_masks(n, grid, fraction)


def growing_plan(n: int, grid: int, fractions: list[float], seed: int) -> Iterator[PlannedMasks]:
    """Masks that grow from one of the fractions to the next, at random and from the centre."""
    for fraction, masks in zip(fractions, growing_masks(n, grid, fractions, seed), strict=True):
        yield "random", fraction, seed, masks
    for fraction in fractions:
        yield "centre", fraction, seed, centre_masks(n, grid, fraction)


def control_masks(
    ink: np.ndarray, attention: np.ndarray, gradcam: np.ndarray, share: float, block: float, seeds: list[int]
) -> Iterator[PlannedMasks]:
    """What the report's two masks are to be compared with, by fractions of the patches.

    ink, attention, gradcam: float (n, patches). matched: random ones, with as much ink as the centre mask of `share`.
    attended: the `share` of the patches with the most attention; gradcam: those where a CNN's map is strongest. block:
    the report's own, at the centre; block_random and block_matched: random ones of its area, and with its ink too.
    """
    n, grid = len(ink), grid_side(ink)
    centre, at_block = (centre_masks(n, grid, fraction) for fraction in (share, block))
    yield "attended", share, seeds[0], strongest_masks(attention, share, seeds[0])
    yield "gradcam", share, seeds[0], strongest_masks(gradcam, share, seeds[0])
    yield "block", block, seeds[0], at_block
    for seed in seeds:
        yield "matched", share, seed, matched_masks(ink, centre, seed)
        yield "block_random", block, seed, random_masks(n, grid, block, seed)
        yield "block_matched", block, seed, matched_masks(ink, at_block, seed)


@torch.inference_mode()
def patch_ink(vit: Backbone, images: np.ndarray, device: torch.device) -> np.ndarray:
    """What blackening takes from each patch: its mean brightness (0..1), float32 (n, patches)."""
    grey = (vit.preprocess.scale(pixels).mean(1) for pixels in batches(images, device))
    return torch.cat([adaptive_avg_pool2d(part, patch_grid(vit.model)).flatten(1) for part in grey]).cpu().numpy()


def patch_attention(vit: Backbone, images: np.ndarray, device: torch.device) -> np.ndarray:
    """From CLS to each patch in the last layer, the mean of the heads, float32 (n, patches)."""
    return _of_layers(vit, images, device, lambda attention: attention[:, :, 0, PREFIX:].mean(1))[:, -1]


def mask_sweep(
    vit: Backbone,
    images: np.ndarray,
    planned: Iterable[PlannedMasks],
    seed: int,
    device: torch.device,
    precision: str = "float32",
    batch: int = BATCH,
    ways: tuple[str, ...] = ("pixels", "tokens"),
) -> Iterator[tuple[dict, np.ndarray, dict[str, np.ndarray]]]:
    """What `embed` makes of the images whole, then under every mask in each way: (row, masks, arrays) one by one.

    row: shape (whole, random, ...), way (pixels, tokens), fraction as asked for, masked (share of the patches that
    really is), ink (mean share of the images' that it hides), seed (`seed` for the whole images). Among the arrays is
    ink of each image, (n,).
    """
    ink = patch_ink(vit, images, device)
    whole = "whole", 0.0, seed, np.zeros(ink.shape, bool)
    for shape, fraction, drawn_by, masks in chain([whole], planned):
        hidden = hidden_ink(masks, ink)
        for way in ways[:1] if shape == "whole" else ways:
            arrays = embed(vit, images, device, precision, masks, way, batch) | {"ink": hidden}
            row = {
                "shape": shape,
                "way": way,
                "fraction": fraction,
                "patches": masks.shape[1],
                "masked": float(masks.mean()),
                "ink": float(hidden.mean()),
                "seed": drawn_by,
            }
            yield row, masks, arrays


@torch.inference_mode()
def patch_detail(vit: Backbone, images: np.ndarray, device: torch.device) -> np.ndarray:
    """Standard deviation of the brightness (0..1) within each patch, float32 (n, patches)."""
    grey = (vit.preprocess.scale(pixels).mean(1, keepdim=True) for pixels in batches(images, device))
    side = vit.model.patch_embed.patch_size[0]
    return torch.cat([unfold(part, side, stride=side).std(1) for part in grey]).cpu().numpy()


def mask_scores(
    vit: Backbone,
    images: np.ndarray,
    masks: list[dict],
    seeds: list[int],
    device: torch.device,
    precision: str = "float32",
    batch: int = BATCH,
) -> Iterator[tuple[str, int, dict[str, float]]]:
    """Condition, seed and scores of every mask (place, area, content, way), on images of each seed's own.

    agreement: share (0..1) of images whose answer stays that on the whole image. confidence: the mean probability that
    is given to that answer.
    """
    whole = embed(vit, images, device, precision, batch=batch)["logits"].argmax(1)
    detail = patch_detail(vit, images, device)
    for one in masks:
        mask = dict(one["mask"])
        way = mask.pop("way")
        hidden = np.empty(detail.shape, bool)
        for number, seed in enumerate(seeds):
            hidden[number :: len(seeds)] = chosen_masks(detail[number :: len(seeds)], **mask, seed=seed)
        probabilities = softmax(embed(vit, images, device, precision, hidden, way, batch)["logits"], axis=1)
        same = probabilities.argmax(1) == whole
        kept = probabilities[np.arange(len(whole)), whole]
        for number, seed in enumerate(seeds):
            own = slice(number, None, len(seeds))
            yield one["condition"], seed, {"agreement": same[own].mean(), "confidence": kept[own].mean()}


def masked_logits(*sweep, **ways) -> tuple[list[dict], dict[str, np.ndarray]]:
    """Rows of `mask_sweep`, whose arguments these are, with masks bool and logits float32, (masks, n, ...)."""
    rows, masks, arrays = zip(*mask_sweep(*sweep, **ways), strict=True)
    return list(rows), {"masks": np.stack(masks), "logits": np.stack([found["logits"] for found in arrays])}


def masked_answers(*sweep) -> tuple[list[dict], dict[str, np.ndarray]]:
    """Rows of `mask_sweep`, whose arguments these are, with what many images need no logits for, (masks, n, ...).

    cls float16; top1 int64, the head's answer; probability float32, which it gives to its answer on the whole image;
    ink float32, the share of the image's that the mask hides.
    """
    rows, parts = [], {"cls": [], "top1": [], "probability": [], "ink": []}
    for row, _, arrays in mask_sweep(*sweep):
        rows.append(row)
        parts["cls"].append(arrays["cls"].astype(np.float16))
        parts["top1"].append(arrays["logits"].argmax(1))
        parts["ink"].append(arrays["ink"])
        answered = parts["top1"][0][:, None]
        parts["probability"].append(np.take_along_axis(softmax(arrays["logits"], axis=1), answered, axis=1)[:, 0])
    return rows, {name: np.stack(part) for name, part in parts.items()}


def hidden_ink(masks: np.ndarray, ink: np.ndarray) -> np.ndarray:
    """Share of each image's ink, float32 (n, patches), under its mask, bool (n, patches): (n,) in 0..1."""
    return (ink * masks).sum(1) / ink.sum(1).clip(min=np.finfo(np.float32).tiny)
