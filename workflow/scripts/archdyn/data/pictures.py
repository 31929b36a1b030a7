"""Files of pictures, of whatever kind Pillow reads, to pictures of 8 bits."""

import struct
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from archdyn.data.folders import printable
from archdyn.errors import ArchdynError

UNREADABLE = (OSError, SyntaxError, ValueError, struct.error, Image.DecompressionBombError)


def read_picture(path: Path, mode: str) -> Image.Image:
    """A picture in mode `L` (grey) or `RGB`, 8 bits a channel: upright, the first of an animation, on white.

    Grey of 16 bits is scaled to 8. Raises ArchdynError, naming the file, if it is no readable image, has more than
    178,956,970 pixels (Pillow's limit), or pixels of 32 bits, whose range nothing tells.
    """
    if not path.is_file():  # a pipe would be waited for
        raise ArchdynError(f"{printable(path)}: not a readable image: no file")
    try:
        with Image.open(path) as picture:
            upright = ImageOps.exif_transpose(picture)
    except UNREADABLE as error:
        raise ArchdynError(f"{printable(path)}: not a readable image: {error}") from error
    if upright.mode in ("I", "F"):
        raise ArchdynError(f"{printable(path)}: pixels of 32 bits are not supported; save it with 8 or 16")
    return _on_white(_eight_bits(upright)).convert(mode)


def _eight_bits(picture: Image.Image) -> Image.Image:
    """Pillow itself cuts 16 bits off at 255."""
    if not picture.mode.startswith("I;16"):
        return picture
    return Image.fromarray(np.round(np.asarray(picture) / 257).astype(np.uint8))


def _on_white(picture: Image.Image) -> Image.Image:
    """The colour of transparent pixels is no one's choice, and often black."""
    if not picture.has_transparency_data:
        return picture
    white = Image.new("RGBA", picture.size, "white")
    return Image.alpha_composite(white, picture.convert("RGBA"))
