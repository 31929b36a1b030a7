"""Panels of pictures: controls choose one of many frames, which lie in sheets as the cells of a grid."""

import base64
import io
import math
from dataclasses import asdict, dataclass

import numpy as np
from PIL import Image

from archdyn.plots.grid import tiled

QUALITY = 80  # of WebP: a sheet of digits takes a third of what PNG takes


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
        "sheets": [_webp(tiled(sheet, columns, gap=0)) for sheet in sheets],
        "cells": len(sheets[0]),
        "columns": columns,
        "rows": -(-len(sheets[0]) // columns),
        "size": [width, height],
        "plane": [control.form for control in controls[-2:]] == ["slider", "slider"],
        "notes": notes,
    }


def _webp(image: np.ndarray) -> str:
    """A data URI of a uint8 image (h, w[, 3])."""
    encoded = io.BytesIO()
    Image.fromarray(image).save(encoded, "WEBP", quality=QUALITY, method=6)
    return f"data:image/webp;base64,{base64.b64encode(encoded.getvalue()).decode()}"
