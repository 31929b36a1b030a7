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
    """What training starts from. fresh draws new weights; the name of a condition takes its trained model and the state
    of its optimiser, of the same seed. That one may itself go on from another."""
    images: Images
    """Training images used, from the first on. null means all."""
    epochs: Epochs
    """Passes over the training images, by which annealing goes."""
    stop_after: or_null(Epochs)
    """Epochs after which the training is broken off. null runs all of them."""
    batch_size: BatchSize
    """Images per update. BatchNorm needs at least 2."""
    learning_rate: LearningRate
    """Adam's step size."""
    reconstruction: Literal["sum", "mean"]
    """The squared error in the loss. sum adds it up over the pixels, so that it is a Gaussian's likelihood; mean
    averages it over them, so that the KL outweighs it by their number."""
    kl_weight: number(ge=0, le=10_000)
    """The KL's weight in the loss, after any annealing."""
    annealing: Literal["none", "epochs", "steps"]
    """How the KL's weight rises at the beginning. none has it in full from the start; epochs raises it once an epoch,
    starting above 0, as the report's code does; steps raises it from 0 step by step."""
    annealing_share: number(gt=0, le=1)
    """Share of the training over which annealing raises the KL's weight."""
    free_bits: number(ge=0, le=100)
    """Nats that the KL costs at least for each latent dimension. 0 sets no floor."""
    free_bits_of: Literal["image", "batch"]
    """What the floor is under. image: each image's KL in each dimension; batch: the whole KL of a batch, so that it is
    reached only where that is below the floor on average."""


class VaeCondition(Condition, VaeTraining):
    """One training to run, once per seed."""

    measured: Flag = True
    """Whether it is measured and shown. One that only serves others as a start, or as a check of printed losses, is
    not."""


class VaeSettings(WithConditions, WithDesigns):
    """Section 5 of the report, a VAE on FashionMNIST under several losses."""

    dataset: Dataset
    """Images to train on, a name from config/datasets.yaml or a folder of your own."""
    seeds: Seeds
    """Seeds of the repetitions. Every condition is trained once with each, unless it has its own, and tables show mean
    and spread."""
    test_images: Images
    """Test images that models are scored on and that are embedded, from the first on. null means all."""
    samples: Samples
    """Images drawn from each prior, normal and Laplace, of every trained model for the metrics."""
    classifier: ClassifierTraining
    training: VaeTraining
    """What every condition does unless it says otherwise. All keys are needed here."""
    conditions: Annotated[dict[ConditionName, VaeCondition], Field(min_length=1)]
    """The trainings to run, once per seed, each with the keys of vae.training that it changes. A condition of your own
    needs a name and an `about`."""
    designs: DesignsByName = {}
    """Factorial designs over the settings of `training`, each with its effects and interactions."""

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
