"""Hidden notebook state: which saved cell printed which published value, as docs/notebooks.md.

`python -m archdyn.audit.notebooks` writes that page from config/published.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import pandas as pd
from pydantic import Field, StringConstraints

from archdyn.errors import ArchdynError
from archdyn.render.published import notebook_only, published_rows, read_all_published
from archdyn.render.tables import markdown_table
from archdyn.settings.check import checked_file
from archdyn.settings.common import Settings, Text

REPOSITORY = Path(__file__).resolve().parents[4]
PUBLISHED = REPOSITORY / "config/published"
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
  its model or data. A dash: not saved, or not noted.
- *report*: the same to its printed digits, or the values that differ; *left out*: the report does not have it.
- *known*: *printed*, the saved cell shows it; *reconstructed*, inferred from what is saved; *unknown*, nothing that is
  saved decides it. Our conditions of the published protocol are then a reconstruction.
"""

Count = Annotated[int, Field(ge=1)]


class Cell(Settings):
    """A saved cell of the report's notebooks, and what follows from it."""

    item: Annotated[str, StringConstraints(pattern=r"^(resnet|vit|gan|vae|clip)\.[a-z0-9_]+$")]
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


def read_cells(path: str | Path) -> list[Cell]:
    """The cells of config/published/notebooks.yaml. Raises ArchdynError with one line for what is not allowed."""
    return checked_file(path, Notebooks).cells


@dataclass(frozen=True)
class Published:
    """What config/published/<experiment>.yaml holds: its tables by name, and which rows of them only a notebook has."""

    tables: dict[str, pd.DataFrame]
    notebook_only: dict[str, set]


def read_every_published() -> dict[str, Published]:
    """By experiment."""
    files = {name: PUBLISHED / f"{name}.yaml" for name in SECTIONS}
    return {name: Published(read_all_published(file), notebook_only(file)) for name, file in files.items()}


def notebooks_page(cells: list[Cell], published: dict[str, Published]) -> str:
    """Markdown: a table for each section. Raises ArchdynError for an item or a row that is not published."""
    parts = [INTRODUCTION]
    for experiment, title in SECTIONS.items():
        of_section = [cell for cell in cells if cell.item.startswith(f"{experiment}.")]
        parts.append(markdown_table(notebooks_table(of_section, published), f"## {title}"))
    return "\n".join(parts)


def notebooks_table(cells: list[Cell], published: dict[str, Published]) -> pd.DataFrame:
    """A row per cell, in order: what it printed, what the report has in that row, and what follows.

    Values are the same where they differ by no more than half a unit of the published last digit.
    """
    return pd.DataFrame(
        [
            {
                "published": _label(cell.item, cell.row),
                "cell": _cell(cell),
                "printed": _values(cell.printed) or "–",
                "report": _reported(cell, published),
                "what follows": cell.finding,
                "known": cell.known,
            }
            for cell in cells
        ]
    )


def _label(item: str, row: str | int | None) -> str:
    """`gan.table8` and 3 as Table 8, row 3."""
    name = re.sub(r"(?<=[a-z])(?=\d)", " ", item.split(".")[1].replace("_", ", ", 1)).replace("_", " ").capitalize()
    return name if row is None else f"{name}, row {row}"


def _cell(cell: Cell) -> str:
    defined = f" ({cell.defined})" if cell.defined else ""
    return f"{cell.notebook} {cell.commit}, {cell.cell or '–'}{defined}"


def _values(values: dict[str, float]) -> str:
    return ", ".join(f"{name} {value:g}" for name, value in values.items())


def _reported(cell: Cell, published: dict[str, Published]) -> str:
    """`same`, the published values where they differ, `left out`, or a dash where there are none."""
    experiment, name = cell.item.split(".")
    table = _table(cell.item, published[experiment].tables)
    if cell.row is None:
        return "–"
    rows = published_rows(table) if table is not None else {}
    if str(cell.row) not in rows:
        raise ArchdynError(f"row, of {cell.item}: found {cell.row}; allowed: {', '.join(rows) or 'null'}")
    row = rows[str(cell.row)]
    both = {name: row[name] for name in cell.printed if name in row}
    differing = {name: value for name, value in both.items() if not _same(cell.printed[name], value, table[name])}
    if differing or not both:
        return _values(differing) or "–"
    return "left out" if cell.row in published[experiment].notebook_only[name] else "same"


def _table(item: str, tables: dict[str, pd.DataFrame]) -> pd.DataFrame | None:
    """The published table of that name; None for a figure without published values."""
    experiment, name = item.split(".")
    if name not in tables and not re.fullmatch(r"figure\d+", name):
        raise ArchdynError(f"item: found {item}; allowed: a figure, or of {experiment}: {', '.join(tables)}")
    return tables.get(name)


def _same(printed: float, reported: float, column: pd.Series) -> bool:
    """Whether they agree to the digits of the published column."""
    digits = max(len(f"{value:.10g}".partition(".")[2]) for value in column)
    return abs(printed - reported) <= 0.5 * 10**-digits * (1 + 1e-6)


def main() -> None:
    """Write docs/notebooks.md."""
    cells = read_cells(PUBLISHED / "notebooks.yaml")
    PAGE.write_text(notebooks_page(cells, read_every_published()), encoding="utf-8")


if __name__ == "__main__":
    main()
