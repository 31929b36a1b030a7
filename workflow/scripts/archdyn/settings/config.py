"""The whole config."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from archdyn.experiments.clip.settings import ClipSettings
from archdyn.experiments.gan.settings import GanSettings
from archdyn.experiments.resnet.settings import ResnetSettings
from archdyn.experiments.vae.settings import VaeSettings
from archdyn.experiments.vit.settings import VitSettings
from archdyn.settings.common import BatchSize, Settings, Unique

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
    audit: Annotated[list[Experiment], Field(min_length=1), *Unique]
    """The experiments that the audit covers. Name fewer where the data of one cannot be had."""
    resnet: ResnetSettings
    vit: VitSettings
    gan: GanSettings
    vae: VaeSettings
    clip: ClipSettings
