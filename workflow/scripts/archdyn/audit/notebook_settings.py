"""What config/published/notebooks.yaml may say."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from archdyn.settings.common import Settings, Text

Count = Annotated[int, Field(ge=1)]


class Cell(Settings):
    """A saved cell of the report's notebooks, and what follows from it."""

    item: Annotated[str, StringConstraints(pattern=r"^(resnet|vit|gan|vae|clip)\.[a-z0-9_]+$")]
    """The published item, as EXPERIMENT.NAME; a table of config/published/<experiment>.yaml or a figure."""
    row: str | int | None
    """The published row that the printed values stand beside, by its first cell; null for none."""
    notebook: Annotated[str, StringConstraints(pattern=r"^task[1-5]$")]
    """The notebook, without its ending."""
    commit: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{7}$")] | None
    """The version of the notebook, seven digits; null where an earlier reading did not note it."""
    cell: Count | None
    """The execution count of the cell that printed it; null where none is saved or none was read."""
    defined: Count | None
    """The execution count of the cell that last defined its model or its data; null as for cell."""
    printed: dict[str, float]
    """What it printed, in the report's units, under the report's headings where the report has them."""
    finding: Text
    """What follows, a short phrase."""
    known: Literal["printed", "reconstructed", "unknown"]
    """How the finding is known. printed: the saved cell shows it; reconstructed: inferred from what is saved; unknown:
    nothing that is saved decides it."""


class Notebooks(Settings):
    """The report's notebooks."""

    cells: Annotated[list[Cell], Field(min_length=1)]
    """One saved cell after the other, in the order of the report's tables and figures."""
