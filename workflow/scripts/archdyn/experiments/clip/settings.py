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
    """The network by the part that it plays."""

    clip: ClipBackbone
    """The CLIP, clip-vit-b32 or clip-narrow."""


class Prompts(Settings):
    """The report's prompt styles (Table 10). {} is replaced by the class."""

    plain: Template
    """The label alone. The gap and its alignment are those of this one."""
    photo: Template
    """The label as a photo's."""
    wild: Template
    """The most wordy style."""


class ClipPretraining(Settings):
    """How a CLIP whose weights are pretrain is trained, contrastively."""

    dataset: PhotoDataset
    """Images to train on, a name from config/datasets.yaml or a folder of your own."""
    images: Images
    """Training images used, from the first on. null means all."""
    epochs: Epochs
    """Passes over the training images."""
    batch_size: BatchSize
    """Images per update. BatchNorm needs at least 2."""
    learning_rate: LearningRate
    """Peak of AdamW's one-cycle step size."""
    captions: Annotated[list[Template], Field(min_length=1), *Unique]
    """Templates of the captions. Each time that an image is seen, one is drawn for it."""


class ClipSettings(Settings):
    """Section 6 of the report, zero-shot CLIP on STL-10, the modality gap and its alignment."""

    dataset: PhotoDataset
    """Images to train on, a name from config/datasets.yaml or a folder of your own."""
    seeds: Seeds
    """Seeds of the repetitions. Each draws its own pairs, and pretrains a model of its own where weights say pretrain;
    other weights serve all seeds."""
    backbones: ClipBackbones
    precision: Literal["float32", "float16"]
    """Of the embeddings' arithmetic. float16 is what the report used: on a GPU, CLIP's own loader gives weights of 16
    bits; on a processor it is float32, as there."""
    train_images: or_null(whole(ge=20))
    """Training images embedded, from the first on, that corrected alignments are fitted on. null means all."""
    test_images: or_null(whole(ge=50))
    """Test images embedded, from the first on, that everything is measured on. null means all."""
    pairs: whole(ge=40)
    """Test images, drawn at random, that the report's alignment is fitted and scored on."""
    draws: whole(ge=1, le=1000)
    """Draws of each random reference, which are alignments fitted to wrong pairs, and a gap between images and other
    images in the place of texts."""
    projected_images: whole(ge=20, le=10_000)
    """Test images, from the first on, in the joint projections."""
    prompts: Prompts
    ensemble: Annotated[list[Template], Field(min_length=2), *Unique]
    """Templates whose mean embedding serves as one text per class."""
    pretraining: ClipPretraining
