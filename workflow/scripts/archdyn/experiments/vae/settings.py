"""Settings of section 5, the VAE."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from archdyn.designs.settings import DesignsByName, WithDesigns
from archdyn.settings.common import (
    BatchSize,
    ClassifierTraining,
    Condition,
    ConditionName,
    Dataset,
    Epochs,
    Flag,
    ImageFolder,
    Images,
    LearningRate,
    Samples,
    Seeds,
    Settings,
    Text,
    WithConditions,
    number,
    or_null,
    refusal,
)

FRESH = "fresh"


class VaeTraining(Settings):
    """How one VAE is trained."""

    start: Text
    """What training starts from. fresh draws new weights; the name of a condition continues its trained model, with the
    state of its optimiser and the same seed. That condition may itself continue another."""
    images: Images
    """How many training images to use, beginning with the first. null means all."""
    epochs: Epochs
    """Passes over the training images. Annealing is measured in them."""
    stop_after: or_null(Epochs)
    """Stop after so many epochs. null runs all of them."""
    batch_size: BatchSize
    """Images per update. BatchNorm needs at least 2."""
    learning_rate: LearningRate
    """Adam's step size."""
    reconstruction: Literal["sum", "mean"]
    """The squared error in the loss. sum adds it up over the pixels, as a Gaussian likelihood does; mean averages it
    over them, so the KL weighs as many times more as there are pixels."""
    kl_weight: number(ge=0, le=10_000)
    """The KL's weight in the loss, after any annealing."""
    annealing: Literal["none", "epochs", "steps"]
    """How the KL's weight rises at the beginning. none: full weight from the start; epochs raises it once an epoch,
    starting above 0, as the report's code does; steps raises it from 0 step by step."""
    annealing_share: number(gt=0, le=1)
    """Share of the training over which annealing raises the KL's weight."""
    free_bits: number(ge=0, le=100)
    """The least that the KL of each latent dimension costs, in nats. 0 sets no floor."""
    free_bits_of: Literal["image", "batch"]
    """What the floor applies to. image: each image's KL in each dimension; batch: the KL of the whole batch, so the
    floor matters only if that is below it on average."""


class VaeCondition(Condition, VaeTraining):
    """One training to run, once per seed."""

    measured: Flag = True
    """Whether it is measured and shown. false for one that is only the start of others, or a check of printed
    losses."""


class VaeSettings(WithConditions, WithDesigns):
    """Section 5 of the report, a VAE on FashionMNIST under several losses."""

    dataset: Dataset
    """Images to train on: a name from config/datasets.yaml, or a folder of your own."""
    seeds: Seeds
    """Seeds of the repetitions. Every condition without seeds of its own is trained once with each of them, and tables
    show mean and spread."""
    test_images: Images
    """How many test images score the models and are embedded, beginning with the first. null means all."""
    samples: Samples
    """How many images to draw from each prior, normal and Laplace, with every trained model, for the metrics."""
    classifier: ClassifierTraining
    training: VaeTraining
    """What every condition does unless it changes it. All keys are needed here."""
    conditions: Annotated[dict[ConditionName, VaeCondition], Field(min_length=1)]
    """The trainings to run, once per seed, each with the keys of vae.training that it changes. A condition of your own
    needs a name and an `about`."""
    designs: DesignsByName = {}
    """Designs: all combinations of some settings of `training`, to find their effects and interactions."""

    @model_validator(mode="after")
    def _images_can_be_halved_twice(self):
        if isinstance(self.dataset, ImageFolder) and self.dataset.size % 4:
            raise refusal(f"found {self.dataset.size}; allowed: a multiple of 4, for the VAE", "dataset", "size")
        return self

    @model_validator(mode="after")
    def _start_somewhere(self):
        """Every chain of starts begins with new weights."""
        for name in self.conditions:
            chain = [name]
            while (start := self.conditions[chain[-1]].start) != FRESH:
                if start not in self.conditions or start in chain:
                    allowed = [FRESH, *(other for other in self.conditions if other not in chain)]
                    message = f'found "{start}"; allowed: {", ".join(allowed)}'
                    raise refusal(message, "conditions", chain[-1], "start")
                chain.append(start)
        return self
