"""Hidden notebook state: which saved cell printed which published value, as docs/notebooks.md.

`python -m archdyn.notebooks` writes that page from config/published/notebooks.yaml.
"""

import re
from pathlib import Path
from typing import Annotated, Literal

import pandas as pd
from pydantic import Field, StringConstraints

from archdyn.render.tables import markdown_table
from archdyn.settings.check import checked_file
from archdyn.settings.common import Settings, Text

REPOSITORY = Path(__file__).resolve().parents[3]
CELLS = REPOSITORY / "config/published/notebooks.yaml"
PAGE = REPOSITORY / "docs/notebooks.md"
SECTIONS = {
    "resnet": "Section 2: ResNet-152",
    "vit": "Section 3: ViT-B/16",
    "gan": "Section 4: the GAN",
    "vae": "Section 5: the VAE",
    "clip": "Section 6: CLIP",
}
INTRODUCTION = """# Hidden notebook state

<!-- made from config/published/notebooks.yaml by `make format` -->

A notebook runs cell by cell, in any order, and keeps what each cell printed last. So a saved result may come from
another model, another start or another session than the text beside it says. These tables follow each published result
of the report to the cell of its public notebooks that printed it.

- *cell*: notebook, version (commit), and the cell's execution count; in brackets, the count of the cell that last made
  its model or data. A dash: not saved.
- *known*: *printed*, the saved cell shows it; *reconstructed*, inferred from what is saved; *unknown*, nothing that is
  saved decides it. Our conditions of the published protocol are then a reconstruction.
"""

Count = Annotated[int, Field(ge=1)]


class Cell(Settings):
    """A saved cell of the report's notebooks, and what follows from it."""

    item: Annotated[str, StringConstraints(pattern=rf"^({'|'.join(SECTIONS)})\.[a-z0-9_]+$")]
    """The published item, as EXPERIMENT.NAME; a table of config/published/<experiment>.yaml or a figure."""
    row: str | int | None
    """The published row that the printed values stand beside, by its first cell; null for none."""
    notebook: Annotated[str, StringConstraints(pattern=r"^task[1-5]$")]
    """The notebook, without its ending."""
    commit: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{7}$")]
    """The version of the notebook, seven digits."""
    cell: Count | None
    """The execution count of the cell that printed it; null where none is saved."""
    defined: Count | None
    """The execution count of the cell that last defined its model or its data; null as for cell."""
    printed: dict[str, float]
    """What it printed, in the report's units, under the report's headings where the report has them."""
    finding: Text
    """What follows, a short phrase."""
    known: Literal["printed", "reconstructed", "unknown"]
    """How the finding is known, as the page explains."""


class Notebooks(Settings):
    """The report's notebooks."""

    cells: Annotated[list[Cell], Field(min_length=1)]
    """One saved cell after the other, in the order of the report's tables and figures."""


def read_cells(path: str | Path = CELLS) -> list[Cell]:
    """The cells of config/published/notebooks.yaml. Raises ArchdynError with one line for what is not allowed."""
    return checked_file(path, Notebooks).cells


def notebooks_page(cells: list[Cell]) -> str:
    """Markdown: a table for each section, a row for each cell."""
    parts = [INTRODUCTION]
    for experiment, title in SECTIONS.items():
        rows = [_row(cell) for cell in cells if cell.item.startswith(f"{experiment}.")]
        parts.append(markdown_table(pd.DataFrame(rows), f"## {title}"))
    return "\n".join(parts)


def _row(cell: Cell) -> dict[str, str]:
    """`gan.table8` and row 3 as Table 8, row 3."""
    name = cell.item.split(".")[1].replace("_", ", ", 1).replace("_", " ")
    name = re.sub(r"(?<=[a-z])(?=\d)", " ", name).capitalize()
    return {
        "published": name if cell.row is None else f"{name}, row {cell.row}",
        "cell": f"{cell.notebook} {cell.commit}, {cell.cell or '–'}" + (f" ({cell.defined})" if cell.defined else ""),
        "printed": ", ".join(f"{name} {value:g}" for name, value in cell.printed.items()) or "–",
        "what follows": cell.finding,
        "known": cell.known,
    }


if __name__ == "__main__":
    PAGE.write_text(notebooks_page(read_cells()), encoding="utf-8")
