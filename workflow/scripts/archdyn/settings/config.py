"""The whole config."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from archdyn.settings.clip import ClipSettings
from archdyn.settings.common import BatchSize, Settings, Unique
from archdyn.settings.gan import GanSettings
from archdyn.settings.resnet import ResnetSettings
from archdyn.settings.vae import VaeSettings
from archdyn.settings.vit import VitSettings

Experiment = Literal["resnet", "vit", "gan", "vae", "clip"]


class Config(Settings):
    """Every setting of archdyn."""

    run: Annotated[str, StringConstraints(pattern="^[a-z0-9][a-z0-9_-]*$")]
    """Name of this run. Results go to results/<run>/, and figures and tables say "<run> scale"."""
    device: Literal["auto", "cuda", "cpu"]
    """Where training happens. auto takes the GPU if there is one, and the processor otherwise."""
    embedding_batch: BatchSize
    """Images per pass of the embeddings in sections 2, 3 and 6. Fewer take less of a GPU's memory and round otherwise,
    far within what precision means."""
    report: Annotated[list[Experiment], Field(min_length=1), *Unique]
    """The experiments that the audit covers. Name fewer where the data of one cannot be had."""
    resnet: ResnetSettings
    vit: VitSettings
    gan: GanSettings
    vae: VaeSettings
    clip: ClipSettings
