"""Grids of small images, panels of them, and images as text."""

import base64
import io
import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from PIL import Image


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


SMALL_FILE = {"quality": 80, "method": 6}  # of WebP: a sheet of digits takes a third of what PNG takes


@dataclass(frozen=True)
class Control:
    """What a reader sets: one of `values`, as a `list` to choose from or a `slider` to move."""

    label: str
    values: list[str]
    form: str = "slider"


def frames_panel(controls: list[Control], sheets: list[np.ndarray], columns: int, notes: list[str]) -> dict:
    """A panel with a frame for each combination of the controls' values, the last control changing fastest.

    sheets: uint8 (cells, h, w[, 3]) each, which hold the frames in this order; on the page, a sheet is a grid of
    `columns` columns. notes: what stands below each frame. `plane` says that the last two controls are sliders, so that
    a pointer can move over the picture.
    """
    combinations = math.prod(len(control.values) for control in controls)
    assert len(notes) == combinations == sum(map(len, sheets))
    height, width = sheets[0].shape[1:3]
    return {
        "kind": "frames",
        "controls": [asdict(control) for control in controls],
        "sheets": [webp(Image.fromarray(tiled(sheet, columns, gap=0)), **SMALL_FILE) for sheet in sheets],
        "cells": len(sheets[0]),
        "columns": columns,
        "rows": -(-len(sheets[0]) // columns),
        "size": [width, height],
        "plane": [control.form for control in controls[-2:]] == ["slider", "slider"],
        "notes": notes,
    }


def webp(image: Image.Image, **settings) -> str:
    """A data URI of the image as WebP, with Pillow's settings of that."""
    encoded = io.BytesIO()
    image.save(encoded, "WEBP", **settings)
    return f"data:image/webp;base64,{base64.b64encode(encoded.getvalue()).decode()}"


def write_panel(panel: dict, path: str | Path) -> None:
    """Write a panel as compact JSON, without numbers that are not finite."""
    text = json.dumps(panel, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    Path(path).write_text(f"{text}\n", encoding="utf-8")
