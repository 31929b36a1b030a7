"""The whole config, and its check: what Snakemake merged is checked before anything is planned."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from archdyn.data import backbones, registry
from archdyn.experiments.clip.settings import ClipSettings
from archdyn.experiments.gan.settings import GanSettings
from archdyn.experiments.resnet.settings import ResnetSettings
from archdyn.experiments.vae.settings import VaeSettings
from archdyn.experiments.vit.settings import VitSettings
from archdyn.settings.check import CONFIG_FOLDER, checked
from archdyn.settings.common import BatchSize, Settings, Unique, refusal
from archdyn.settings.read import read_yaml

SHIPPED = CONFIG_FOLDER / "config.yaml"
Experiment = Literal["resnet", "vit", "gan", "vae", "clip"]


class Config(Settings):
    """Every setting of archdyn."""

    run: Annotated[str, StringConstraints(pattern="^[a-z0-9][a-z0-9_-]*$")]
    """Name of this run. Results go to results/<run>/, and figures and tables say "<run> scale"."""
    device: Literal["auto", "cuda", "cpu"]
    """Where networks run. auto takes the GPU if there is one, and the processor otherwise."""
    embedding_batch: BatchSize
    """Images per batch of the embeddings in sections 2, 3 and 6. Smaller batches need less GPU memory; results differ
    only by rounding."""
    audit: Annotated[list[Experiment], Field(min_length=1), *Unique]
    """The experiments that the audit covers. Leave out an experiment whose data you cannot get."""
    resnet: ResnetSettings
    vit: VitSettings
    gan: GanSettings
    vae: VaeSettings
    clip: ClipSettings

    @model_validator(mode="after")
    def _explained_network_is_trained(self):
        trained = self.resnet.conditions.get("full_corrected")
        if self.vit.cnn == "transferred" and trained and trained.seeds == []:
            message = "found transferred, but resnet.conditions.full_corrected has no seeds"
            raise refusal(f"{message}; allowed: pretrained, or seeds for it", "vit", "cnn")
        return self


def checked_config(config: dict, files: list[str | Path]) -> Config:
    """The typed `config`; see `archdyn.settings.check.checked`."""
    shipped = read_yaml(SHIPPED)
    return checked(_in_order_of(shipped, config), Config, files, _registered_names(), shipped)


def _registered_names() -> dict[str, list[str] | dict[str, list[str]]]:
    return {
        "dataset": registry.selectable(),
        "backbone": backbones.of_library("timm"),
        "clip": backbones.of_library("open_clip"),
        "providers": {name: backbones.providers(name) for name in backbones.load()},
    }


def _in_order_of(shipped, config):
    """`config` with the keys in config.yaml's order, in which tables show conditions; an overlay's come first in it."""
    if not isinstance(config, dict) or not isinstance(shipped, dict):
        return config
    order = [*(key for key in shipped if key in config), *(key for key in config if key not in shipped)]
    return {key: _in_order_of(shipped.get(key), config[key]) for key in order}
