"""Settings of section 4, the GAN."""

from typing import Annotated, Literal

from pydantic import Field

from archdyn.designs.settings import DesignsByName, WithDesigns
from archdyn.settings.common import (
    BatchSize,
    ClassifierTraining,
    Condition,
    ConditionName,
    Dataset,
    Epochs,
    Flag,
    Images,
    LearningRate,
    Neighbours,
    Samples,
    Seeds,
    Settings,
    WithConditions,
    number,
    whole,
)

Updates = whole(ge=1, le=100)


class GanTraining(Settings):
    """How one GAN is trained."""

    architecture: Literal["report", "linder_noren"]
    """Which networks: the report's, or those of the comparator (Linder-Norén's gan.py)."""
    init: Literal["normal", "dcgan", "default"]
    """Initial weights. normal draws those of linear layers from N(0, 0.02), with biases 0; dcgan also draws those of
    BatchNorm from N(1, 0.02), as DCGAN's authors do; default is PyTorch's own."""
    batchnorm_place: Literal["before", "after"]
    """Whether the generator's BatchNorm comes before its activations or after them."""
    batchnorm_eps: number(gt=0, le=10)
    """What the generator's BatchNorm adds to the variance. PyTorch has 0.00001, Linder-Norén's code 0.8."""
    images: Images
    """How many training images to use, beginning with the first. null means all."""
    epochs: Epochs
    """Passes over the training images."""
    batch_size: BatchSize
    """Images per update. BatchNorm needs at least 2."""
    learning_rate_g: LearningRate
    """Adam's step size for the generator."""
    learning_rate_d: LearningRate
    """Adam's step size for the discriminator."""
    d_steps: Updates
    """Discriminator updates per batch of real images."""
    g_steps: Updates
    """Generator updates per batch of real images."""
    g_loss: Literal["non_saturating", "minimax", "minimax_wrong_sign"]
    """Generator loss. non_saturating is -log D(G(z)), minimax is log(1 - D(G(z))), and minimax_wrong_sign is -log(1 -
    D(G(z))), as the report's code has it."""
    loss_on: Literal["logits", "probabilities"]
    """What the losses are computed from. logits is exact; probabilities is the arithmetic of the report's notebook, a
    sigmoid in float32 and BCELoss, whose gradients are exactly 0 where the sigmoid rounds to 1."""
    real_label: number(gt=0, le=1)
    """What the discriminator should say of real images. Below 1 this is one-sided label smoothing."""
    d_loss_scale: number(gt=0, le=100)
    """Factor on the discriminator's loss. Linder-Norén's code has 0.5."""
    dropout: number(ge=0, lt=1)
    """Share of activations dropped after each LeakyReLU of the discriminator."""
    minibatch_kernels: whole(ge=0, le=1000)
    """Kernels of minibatch discrimination (Salimans et al. 2016). 0 leaves it out."""
    reuse_fakes: Flag
    """Whether the generator's first update uses the discriminator's fake batch again, instead of a fresh one."""
    first: Literal["discriminator", "generator"]
    """Which network is updated first on each batch."""


class GanCondition(Condition, GanTraining):
    """One training to run, once per seed."""


class GanSettings(WithConditions, WithDesigns):
    """Section 4 of the report, an MLP GAN on MNIST under several training conditions."""

    dataset: Dataset
    """Images to train on: a name from config/datasets.yaml, or a folder of your own."""
    seeds: Seeds
    """Seeds of the repetitions. Every condition without seeds of its own is trained once with each of them, and tables
    show mean and spread."""
    samples: Samples
    """How many images to draw from every trained generator, for the metrics."""
    neighbours: Neighbours
    """The k of the nearest neighbours in precision, recall, density and coverage."""
    classifier: ClassifierTraining
    training: GanTraining
    """What every condition does unless it changes it. All keys are needed here."""
    conditions: Annotated[dict[ConditionName, GanCondition], Field(min_length=1)]
    """The trainings to run, once per seed, each with the keys of gan.training that it changes. A condition of your own
    needs a name and an `about`."""
    designs: DesignsByName = {}
    """Designs: all combinations of some settings of `training`, to find their effects and interactions."""
