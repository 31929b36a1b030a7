"""The table of hidden notebook state: which saved cell printed which published value."""

import re
from pathlib import Path

import pandas as pd

from archdyn.audit.notebook_settings import Cell, Notebooks
from archdyn.errors import ArchdynError
from archdyn.render.published import published_rows
from archdyn.settings.check import checked_file


def read_cells(path: str | Path) -> list[Cell]:
    """The cells of config/published/notebooks.yaml. Raises ArchdynError with one line for what is not allowed."""
    return checked_file(path, Notebooks).cells


def notebooks_table(cells: list[Cell], published: dict[str, dict[str, pd.DataFrame]]) -> pd.DataFrame:
    """A row per cell, in order: what it printed, what the report has in that row, and what follows.

    `published` gives by experiment the tables of config/published, by name. Values are the same where they differ by
    no more than half a unit of the report's last digit. Raises ArchdynError for an item or a row that is not published.
    """
    return pd.DataFrame([_row(cell, published) for cell in cells])


def _row(cell: Cell, published: dict[str, dict[str, pd.DataFrame]]) -> dict:
    return {
        "published": _label(cell.item, cell.row),
        "notebook": f"{cell.notebook} {cell.commit or '–'}",
        "cell": cell.cell or "–",
        "defined by": cell.defined or "–",
        "printed": _values(cell.printed) or "–",
        "report": _reported(cell, published),
        "finding": cell.finding,
        "known": cell.known,
    }


def _label(item: str, row: str | int | None) -> str:
    """`gan.table8` and 3 as Table 8, row 3."""
    name = re.sub(r"(?<=[a-z])(?=\d)", " ", item.split(".")[1]).replace("_", ", ").capitalize()
    return name if row is None else f"{name}, row {row}"


def _values(values: dict[str, float]) -> str:
    return ", ".join(f"{name} {value:g}" for name, value in values.items())


def _reported(cell: Cell, published: dict[str, dict[str, pd.DataFrame]]) -> str:
    """`same`, the report's values where they differ, or a dash where the report has none."""
    table = _table(cell.item, published)
    if cell.row is None:
        return "–"
    rows = published_rows(table) if table is not None else {}
    if str(cell.row) not in rows:
        raise ArchdynError(f"row, of {cell.item}: found {cell.row}; allowed: {', '.join(rows) or 'null'}")
    row = rows[str(cell.row)]
    both = {name: row[name] for name in cell.printed if name in row}
    differing = {name: value for name, value in both.items() if not _same(cell.printed[name], value, table[name])}
    if not both:
        return "–"
    return _values(differing) if differing else "same"


def _table(item: str, published: dict[str, dict[str, pd.DataFrame]]) -> pd.DataFrame | None:
    """The published table of that name; None for a figure without published values."""
    experiment, name = item.split(".")
    tables = published.get(experiment, {})
    if name not in tables and not re.fullmatch(r"figure\d+", name):
        raise ArchdynError(f"item: found {item}; allowed: a figure, or of {experiment}: {', '.join(tables) or 'none'}")
    return tables.get(name)


def _same(printed: float, reported: float, column: pd.Series) -> bool:
    """Whether they agree to the digits of the published column."""
    digits = max(len(f"{value:.10g}".partition(".")[2]) for value in column)
    return abs(printed - reported) <= 0.5 * 10**-digits * (1 + 1e-6)
