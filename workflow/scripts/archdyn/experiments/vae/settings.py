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
    Unique,
    WithConditions,
    number,
    refusal,
)

FRESH, NEAREST = "fresh", "nearest"


class VaeTraining(Settings):
    """How one VAE is trained."""

    start: Text
    """What training starts from. fresh draws new weights; the name of a condition that does so takes its trained model
    and the state of its optimiser, of the same seed; nearest takes the one of vae.starts that comes nearest to the
    first rows of Table 9."""
    images: Images
    """Training images used, from the first on. null means all."""
    epochs: Epochs
    """Passes over the training images."""
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
    """How the KL's weight rises over the first 30% of the training. none has it in full from the start; epochs raises
    it once an epoch, starting above 0, as the report's code does; steps raises it from 0 step by step."""
    free_bits: number(ge=0, le=100)
    """Nats that the KL of each image costs at least in each latent dimension. 0 sets no floor."""


class VaeCondition(Condition, VaeTraining):
    """One training to run, once per seed."""

    start_only: Flag = False
    """Whether it only serves others as a start: it is trained, but not measured, and shown among the starts alone."""


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
    starts: Annotated[list[Text], Field(min_length=1), *Unique]
    """Where Table 9's training may have started, which is not saved: fresh, or conditions that start fresh. Each is
    tried, and the nearest to the report's first rows is kept wherever `start` says nearest."""
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
    def _start_from_a_fresh_one(self):
        allowed = [FRESH, *(name for name, condition in self.conditions.items() if condition.start == FRESH)]
        for name, condition in self.conditions.items():
            if condition.start not in [*allowed, NEAREST]:
                message = f'found "{condition.start}"; allowed: {", ".join([*allowed, NEAREST])}'
                raise refusal(message, "conditions", name, "start")
            self._check_seeds_of_start(name, condition)
        for start in self.starts:
            if start not in allowed:
                raise refusal(f'found "{start}"; allowed: {", ".join(allowed)}', "starts")
        return self

    def _check_seeds_of_start(self, name: str, condition: VaeCondition) -> None:
        for start in self.starts if condition.start == NEAREST else [condition.start]:
            there = self.conditions[start].seeds or self.seeds if start in self.conditions else condition.seeds
            missing = set(condition.seeds or self.seeds) - set(there or self.seeds)
            if missing:
                message = f"it continues {start} of seed {min(missing)}; allowed: {', '.join(map(str, there))}"
                raise refusal(message, "conditions", name, "seeds")
