"""Settings of section 3, the vision transformer."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from archdyn.designs.settings import DesignsByName, WithDesigns
from archdyn.settings.common import (
    Backbone,
    Backbones,
    File,
    PhotoDataset,
    Precision,
    Pretraining,
    Seeds,
    Settings,
    Share,
    Text,
    Unique,
    format_name,
    none_of_text,
    number,
    refusal,
    text_or_block,
    whole,
)


class Photo(Settings):
    """A photo."""

    name: Text
    """What figures and tables call it."""
    file: File
    """An image file."""


MOST_PHOTOS = 6  # that a figure has room for
Photos = text_or_block(
    Annotated[Literal["published", None], BeforeValidator(none_of_text), format_name("photos")],
    Annotated[list[Photo], Field(min_length=1, max_length=MOST_PHOTOS)],
    written=list,
)


class VitBackbones(Backbones):
    """The networks by role."""

    vit: Backbone
    """The vision transformer of section 3. It classifies by its CLS token."""


class Attention(Settings):
    """How the heads are measured."""

    images: whole(ge=2)
    """How many test images, beginning with the first, the heads' entropy and mean distance are measured on."""


class Mask(Settings):
    """One mask of the designs, which hides the same number of patches of every image."""

    place: Literal["anywhere", "centre", "edge"]
    """Where the hidden patches lie: anywhere, in the half nearest to the centre, or in the half nearest to the edge."""
    area: number(gt=0, le=0.5)
    """Share of the patches to hide."""
    content: Literal["any", "plain", "detailed"]
    """Which of the patches there are hidden: random ones (any), or those whose brightness varies least (plain) or most
    (detailed)."""
    way: Literal["pixels", "tokens", "mean"]
    """How they are hidden. pixels makes them black before normalisation, as the report does; tokens drops them after
    the position embedding; mean gives them the colour that normalisation maps to 0."""


class Block(Settings):
    """The square at the centre of each picture that the report masks. Other grids of patches take the nearest share."""

    side: whole(ge=1)
    """Patches along its side."""
    grid: whole(ge=1)
    """Patches along the side of the picture."""

    @model_validator(mode="after")
    def _fits(self):
        if self.side > self.grid:
            raise refusal(f"found {self.side}; allowed: at most grid, {self.grid}", "side")
        return self


class Masking(Settings):
    """How much is masked, and on how many images."""

    images: whole(ge=10)
    """How many test images are masked, beginning with the first."""
    fractions: Annotated[list[number(gt=0, le=0.95)], Field(min_length=1), *Unique]
    """Shares of the patches to mask; none is always one of them."""
    published_share: number(gt=0, le=0.95)
    """Share of the patches that the report masks at random on each picture."""
    published_block: Block


class Normalisation(Settings):
    """Mean and standard deviation by channel that images are normalised by."""

    mean: Annotated[list[number(ge=0, le=1)], Field(min_length=3)]
    """Red, green and blue, from 0 to 1."""
    sd: Annotated[list[number(gt=0)], Field(min_length=3)]
    """Red, green and blue."""


class Probes(Settings):
    """Linear probes on CLS, on the mean of the patch tokens, and on both."""

    dataset: PhotoDataset
    """What is embedded and probed."""
    train_images: whole(ge=200)
    """How many training images, beginning with the first."""
    test_images: whole(ge=20)
    """How many test images of the corrected protocol, beginning with the first."""
    published_test_images: whole(ge=20)
    """How many test images of the published protocol, beginning with the first."""
    published_normalisation: Normalisation
    """How images are normalised in the published protocol."""
    published_interpolation: Literal["bilinear", "bicubic"]
    """How images are resized in the published protocol; the weights' own way in the corrected one."""
    validation_share: Share
    """Share of the training images that the corrected protocol holds out to choose C on."""


class VitSettings(WithDesigns):
    """Section 3 of the report, a vision transformer's attention, answers under masks, and embeddings."""

    dataset: PhotoDataset
    """Its test images are masked, and shown if there are no photos."""
    seeds: Seeds
    """Seeds of the random masks, of the images that probes hold out, and of the bootstrap."""
    precision: Precision
    """Precision of the networks' arithmetic. float32 is what the report used. tf32 rounds the inputs of products to 10
    bits of mantissa on GPUs that can, and is float32 elsewhere. bfloat16 (autocast) is several times as fast on a
    GPU."""
    images: Photos
    """Pictures to look at one by one. published downloads the report's three photos, and Table 5 then compares
    confidences; a list names photos of your own, each with a name and a file; null takes the first test image of three
    classes. Photos are scaled by their shorter side and cut to a square; in the published protocol they are squashed to
    a square."""
    backbones: VitBackbones
    cnn: Literal["pretrained", "transferred"]
    """The network of section 2 that Grad-CAM explains. pretrained is resnet.backbones.deep with its own weights;
    transferred is its full_corrected condition, trained on resnet.dataset."""
    pretraining: Pretraining
    likeliest: whole(ge=1, le=20)
    """How many of the likeliest classes of a picture Figure 4 and its table show."""
    attention: Attention
    masking: Masking
    mask: Mask
    """The masks of the designs, except for what their factors change."""
    probes: Probes
    designs: DesignsByName = {}
    """Designs: all combinations of some settings of `mask`, to find their effects and interactions. Their condition is
    mask; each seed has images of its own and draws what is random."""

    def designed(self) -> tuple[Settings, list[str]]:
        """The mask."""
        return self.mask, ["mask"]
