"""Grids of small images."""

import numpy as np
from matplotlib.axes import Axes


def show_grid(axes: Axes, images: np.ndarray, columns: int) -> None:
    """Draw uint8 images (n, h, w[, 3]) as one picture of `columns` columns, a pixel of white between them."""
    height, width = images.shape[1:3]
    rows = -(-len(images) // columns)
    canvas = np.full((rows * (height + 1) - 1, columns * (width + 1) - 1, *images.shape[3:]), 255, np.uint8)
    for position, image in enumerate(images):
        top, left = position // columns * (height + 1), position % columns * (width + 1)
        canvas[top : top + height, left : left + width] = image
    axes.imshow(canvas, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
    axes.set_axis_off()
