"""Settings of section 6, CLIP."""

from typing import Annotated, Literal

from pydantic import Field

from archdyn.settings.common import (
    Backbones,
    BatchSize,
    ClipBackbone,
    Epochs,
    Images,
    LearningRate,
    PhotoDataset,
    Seeds,
    Settings,
    Template,
    Unique,
    or_null,
    whole,
)


class ClipBackbones(Backbones):
    """The networks by role."""

    clip: ClipBackbone
    """The CLIP, clip-vit-b32 or clip-narrow."""


class Prompts(Settings):
    """The report's prompt styles (Table 10). {} is replaced by the class."""

    plain: Template
    """The label alone. The gap and the alignment use this prompt."""
    photo: Template
    """The label in a short sentence about a photo."""
    wild: Template
    """The longest style."""


class ClipPretraining(Settings):
    """How a CLIP whose weights are pretrain is trained, contrastively."""

    dataset: PhotoDataset
    """Images to train on: a name from config/datasets.yaml, or a folder of your own."""
    images: Images
    """How many training images to use, beginning with the first. null means all."""
    epochs: Epochs
    """Passes over the training images."""
    batch_size: BatchSize
    """Images per update. BatchNorm needs at least 2."""
    learning_rate: LearningRate
    """Peak of AdamW's one-cycle step size."""
    captions: Annotated[list[Template], Field(min_length=1), *Unique]
    """Templates of the captions. Each time an image is seen, one of them is drawn."""


class ClipSettings(Settings):
    """Section 6 of the report, zero-shot CLIP on STL-10, the modality gap and its alignment."""

    dataset: PhotoDataset
    """Images to train on: a name from config/datasets.yaml, or a folder of your own."""
    seeds: Seeds
    """Seeds of the repetitions. Each draws its own pairs. With weights: pretrain, each also pretrains its own model;
    other weights are the same for all seeds."""
    backbones: ClipBackbones
    precision: Literal["float32", "float16"]
    """Precision of the embeddings' arithmetic. float16 is what the report used, since CLIP's own loader gives 16-bit
    weights on a GPU; on a processor it is float32, as with that loader."""
    train_images: or_null(whole(ge=20))
    """How many training images, beginning with the first, the corrected alignments are fitted on. null means all."""
    test_images: or_null(whole(ge=50))
    """How many test images, beginning with the first, everything is measured on. null means all."""
    pairs: whole(ge=40)
    """How many test images, drawn at random, the report's alignment is fitted and scored on."""
    draws: whole(ge=1, le=1000)
    """How often each random reference is drawn: alignments fitted to wrong pairs, and the gap between images and other
    images instead of texts."""
    projected_images: whole(ge=20, le=10_000)
    """How many test images, beginning with the first, the joint projections show."""
    prompts: Prompts
    ensemble: Annotated[list[Template], Field(min_length=2), *Unique]
    """Templates whose mean embedding is the one text of each class."""
    pretraining: ClipPretraining
