"""Pictures to look at one by one: the user's photos, or fixed images of a dataset."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from torchvision.transforms.functional import InterpolationMode, center_crop, resize

from archdyn.data.pictures import read_picture

PICKED = 3
LONGEST = 16  # times the shorter side
SAMPLES = {"palace": "china.jpg", "flower": "flower.jpg"}  # of scikit-learn


@dataclass(frozen=True)
class Pictures:
    """Single pictures under their names, uint8 (n, size, size[, 3]): cut out as the weights expect (of a dataset, as
    its arrays have them), and squashed, bicubically and bilinearly, as published."""

    names: list[str]
    images: np.ndarray
    bicubic: np.ndarray
    bilinear: np.ndarray

    @classmethod
    def of_files(cls, files: dict[str, Path], preprocessing: dict) -> "Pictures":
        """The user's photos, by name. Raises ArchdynError as `read_picture` does."""
        images = [read_photo(file, preprocessing) for file in files.values()]
        whole = [read_picture(file, "RGB") for file in files.values()]
        return cls(list(files), np.stack(images), *_squashed(whole, preprocessing))

    @classmethod
    def of_dataset(cls, images: np.ndarray, labels: np.ndarray, classes: list[str], preprocessing: dict) -> "Pictures":
        """Fixed ones of a dataset's images (n, h, w[, 3])."""
        rows = pick_images(labels)
        whole = [Image.fromarray(image) for image in images[rows]]
        return cls([classes[label] for label in labels[rows]], images[rows], *_squashed(whole, preprocessing))


def read_photo(path: Path, preprocessing: dict) -> np.ndarray:
    """A photo as uint8 (size, size, 3), as timm's evaluation transform does it.

    The shorter side is scaled to size / crop, then the centre is cut out; size, crop (a share) and interpolation
    are the preprocessing's (config/backbones.yaml). Raises ArchdynError as `read_picture` does.
    """
    size, way = preprocessing["size"], InterpolationMode(preprocessing["interpolation"])
    photo = read_picture(path, "RGB")
    longest = LONGEST * min(photo.size)  # of a strip its middle: scaled as a whole, it would fill the memory
    photo = center_crop(photo, [min(photo.height, longest), min(photo.width, longest)])
    return np.array(center_crop(resize(photo, int(size / preprocessing.get("crop", 1.0)), way), size))


def squashed(picture: Image.Image, preprocessing: dict, interpolation: str) -> np.ndarray:
    """All of a picture as uint8 (size, size[, 3]), whatever its sides are, as the report has it.

    interpolation: bicubic for its attention and masks, bilinear for its predictions.
    """
    return np.array(resize(picture, [preprocessing["size"]] * 2, InterpolationMode(interpolation)))


def _squashed(pictures: list[Image.Image], preprocessing: dict) -> tuple[np.ndarray, np.ndarray]:
    bicubic, bilinear = (
        np.stack([squashed(picture, preprocessing, way) for picture in pictures]) for way in ("bicubic", "bilinear")
    )
    return bicubic, bilinear


def sample_photos() -> dict[str, Path]:
    """Files of the two photos that scikit-learn ships, by what is on them."""
    from sklearn import datasets  # a second to import, where the user has no photos

    return {name: Path(datasets.__file__).parent / "images" / file for name, file in SAMPLES.items()}


def photo_files(given: list[str], names: list[str], within: list[str]) -> dict[str, Path]:
    """Files by name: those given, or, where one folder is, those `within` it."""
    files = [Path(given[0]) / file for file in within] if within else map(Path, given)
    return dict(zip(names, files, strict=True))


def pick_images(labels: np.ndarray) -> np.ndarray:
    """Row numbers of the first image of each of the first PICKED classes that appear in `labels`."""
    _, first = np.unique(labels, return_index=True)
    return np.sort(first)[:PICKED]
