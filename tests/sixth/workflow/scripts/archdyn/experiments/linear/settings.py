"""Settings of the sixth experiment, a linear autoencoder."""

from typing import Annotated

from pydantic import Field

from archdyn.settings.common import (
    BatchSize,
    Condition,
    ConditionName,
    Dataset,
    Epochs,
    Images,
    LearningRate,
    Seeds,
    Settings,
    WithConditions,
    whole,
)


class LinearTraining(Settings):
    """How one linear autoencoder is trained."""

    images: Images
    """Training images used, from the first on. null means all."""
    epochs: Epochs
    """Passes over the training images."""
    batch_size: BatchSize
    """Images per update."""
    learning_rate: LearningRate
    """Peak of Adam's one-cycle step size."""
    latents: whole(ge=1, le=64)
    """Dimensions that an image is squeezed into."""


class LinearCondition(Condition, LinearTraining):
    """One training to run, once per seed."""


class LinearSettings(WithConditions):
    """PCA, and a linear autoencoder that learns the same subspace."""

    dataset: Dataset
    """Images to train on, a name from config/datasets.yaml or a folder of your own."""
    seeds: Seeds
    """Seeds of the repetitions."""
    training: LinearTraining
    """What every condition does unless it says otherwise. All keys are needed here."""
    conditions: Annotated[dict[ConditionName, LinearCondition], Field(min_length=1)]
    """The trainings to run, each with the keys of linear.training that it changes."""
