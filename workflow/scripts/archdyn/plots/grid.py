"""Grids of small images."""

import numpy as np
from matplotlib.axes import Axes


def show_grid(axes: Axes, images: np.ndarray, columns: int) -> None:
    """Draw uint8 images (n, h, w[, 3]) as one picture of `columns` columns, a pixel of white between them."""
    axes.imshow(tiled(images, columns), cmap="gray", vmin=0, vmax=255, interpolation="nearest")
    axes.set_axis_off()


def tiled(images: np.ndarray, columns: int, gap: int = 1) -> np.ndarray:
    """uint8 images (n, h, w[, 3]) as one picture of `columns` columns, `gap` pixels of white between them."""
    height, width = (length + gap for length in images.shape[1:3])
    rows = -(-len(images) // columns)
    canvas = np.full((rows * height - gap, columns * width - gap, *images.shape[3:]), 255, np.uint8)
    for position, image in enumerate(images):
        top, left = position // columns * height, position % columns * width
        canvas[top : top + height - gap, left : left + width - gap] = image
    return canvas
