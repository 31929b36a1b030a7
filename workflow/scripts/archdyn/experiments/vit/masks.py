"""Which patches of an image are masked: bool arrays (n, patches), row by row from the top left, True where masked."""

import math

import numpy as np

from archdyn.errors import ArchdynError

POWERS = np.linspace(-2, 4, 61)
ROUNDING = 1e-9  # (4 / 14)^2 of 196 patches are 16, though not in floating point


def masked_patches(grid: int, fraction: float) -> int:
    """`fraction` (0..1) of `grid` x `grid` patches, rounded down as in the report: 58 for 0.3 of 196."""
    return int(fraction * grid**2 + ROUNDING)


def random_masks(n: int, grid: int, fraction: float, seed: int) -> np.ndarray:
    """A draw for each of `n` images of `grid` x `grid` patches; each masks the same number of patches.

    The number is that of `masked_patches`. Equal arguments give equal masks.
    """
    masked = masked_patches(grid, fraction)
    draws = np.random.default_rng([seed, masked]).random((n, grid**2))
    return draws.argsort(1).argsort(1) < masked


def growing_masks(n: int, grid: int, fractions: list[float], seed: int) -> np.ndarray:
    """bool (fractions, n, patches): for each of `n` images one order of its patches, of which ever more are masked.

    With fractions (0..1) that rise, each mask lies within the next.
    """
    ranks = np.random.default_rng(seed).random((n, grid**2)).argsort(1).argsort(1)
    return np.stack([ranks < masked_patches(grid, fraction) for fraction in fractions])


def centre_masks(n: int, grid: int, fraction: float) -> np.ndarray:
    """The patches nearest to the centre, as many as `random_masks` would mask, the same in all `n` images.

    They form a square, whose outermost ring is filled from its sides' middles to its corners.
    """
    mask = np.zeros(grid**2, bool)
    mask[_outwards(grid)[: masked_patches(grid, fraction)]] = True
    return np.tile(mask, (n, 1))


def chosen_masks(detail: np.ndarray, place: str, area: float, content: str, seed: int) -> np.ndarray:
    """Masks by where patches lie and what is in them, of `area` (0..1) of the patches, rounded down.

    detail: float (n, patches), how much each patch varies. place: anywhere, or the half of the patches nearest to the
    centre or to the edge, of which an area up to 0.5 has room. content: any, drawn by `seed`; plain or detailed, which
    takes those that vary least or most. Equal ones are drawn by `seed`.
    """
    n, patches = detail.shape
    grid, half = math.isqrt(patches), patches // 2
    outwards = _outwards(grid)
    outside = {"anywhere": [], "centre": outwards[patches - half :], "edge": outwards[: patches - half]}
    drawn = np.random.default_rng(seed).random((n, patches))
    order = {"any": drawn, "plain": detail, "detailed": -detail}[content].astype(float)
    order[:, outside[place]] = np.inf
    return np.lexsort((drawn, order), axis=1).argsort(1) < masked_patches(grid, area)


def _outwards(grid: int) -> np.ndarray:
    """The patches, nearest to the centre first."""
    offsets = np.abs(np.arange(grid) - (grid - 1) / 2)
    vertical, horizontal = (axis.ravel() for axis in np.meshgrid(offsets, offsets, indexing="ij"))
    return np.lexsort((np.hypot(vertical, horizontal), np.maximum(vertical, horizontal)))


def matched_masks(ink: np.ndarray, like: np.ndarray, seed: int) -> np.ndarray:
    """Random masks that hide of each image as many patches as `like` does, and as near as can be as much of its ink.

    ink: float (n, patches), at least 0. like: bool (n, patches). Patches are drawn one after another with odds that
    are a power of their ink; each image takes the power, of 0 (any patch) and those around it, that comes nearest.
    """
    patches, wanted = ink.shape[1], (ink * like).sum(1)
    noise = np.random.default_rng([seed, patches]).gumbel(size=ink.shape)
    odds = np.log(ink + ink.mean(1, keepdims=True) / patches + np.finfo(float).tiny)
    best, distance = np.zeros(like.shape, bool), np.full(len(ink), np.inf)
    for power in POWERS:
        ranks = (-noise - power * odds).argsort(1).argsort(1)
        mask = ranks < like.sum(1, keepdims=True)
        found = np.abs((ink * mask).sum(1) - wanted)
        nearer = found < distance
        best[nearer], distance[nearer] = mask[nearer], found[nearer]
    return best


def strongest_masks(values: np.ndarray, fraction: float, seed: int) -> np.ndarray:
    """The patches with the highest `values`, float (n, patches), as many as `random_masks` would mask.

    Equal ones, such as the zeros of a Grad-CAM map, are drawn by `seed`.
    """
    return chosen_masks(values, "anywhere", fraction, "detailed", seed)


def block_fraction(grid: int, side: float) -> float:
    """Share of the area under a centre block whose side is this share of the image's, as near as patches allow."""
    return (round(side * grid) / grid) ** 2


def areas(grid: int, masking: dict) -> list[float]:
    """Shares of the patches that the report masks: at random, and in its block; `masking` is vit.masking."""
    block = masking["published_block"]
    return [masking["published_share"], block_fraction(grid, block["side"] / block["grid"])]


def grid_side(masks: np.ndarray) -> int:
    """Patches along one side. Raises ArchdynError where they make no square."""
    side = math.isqrt(masks.shape[-1])
    if side**2 != masks.shape[-1]:
        raise ArchdynError(f"{masks.shape[-1]} patches make no square")
    return side


def enlarge(masks: np.ndarray, height: int, width: int) -> np.ndarray:
    """Masks (n, patches) as bool (n, height, width), for drawing: each pixel's centre says which patch it is in."""
    side = grid_side(masks)
    rows, columns = ((np.arange(length) + 0.5) * side // length for length in (height, width))
    return masks.reshape(-1, side, side)[:, rows.astype(int)][:, :, columns.astype(int)]


def painted(image: np.ndarray, mask: np.ndarray, colour) -> np.ndarray:
    """The image, uint8 (h, w[, 3]), with the patches of its mask, bool (patches,), in one colour."""
    whole = image.copy()
    whole[enlarge(mask[None], *image.shape[:2])[0]] = colour
    return whole
