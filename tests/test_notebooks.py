"""Hidden notebook state: every saved cell stands beside what is published, and nothing incomplete passes."""

import re
from dataclasses import dataclass

import pandas as pd
import pytest

from archdyn.render.published import published_rows, read_all_published
from conftest import ROOT

PUBLISHED = ROOT / "config/published"
SECTIONS = ("resnet", "vit", "gan", "vae", "clip")
CELL = re.compile(r"(?P<notebook>task[1-5]) (?P<commit>[0-9a-f]{7}), (?P<count>\d+|–)( \((?P<defined>\d+)\))?")


@dataclass
class Cell:
    """A row of docs/notebooks.md. item: the published table or figure, as EXPERIMENT.NAME; row: by its first cell."""

    item: str
    row: str | None
    commit: str
    count: int | None
    defined: int | None
    printed: dict[str, float]
    finding: str
    known: str


def read_cell(experiment: str, line: str) -> Cell:
    """Of a line such as `| Table 8, row 3 | task3 30a7d5e, 6 (5) | D loss 0.8 | another run | unknown |`."""
    published, cell, printed, finding, known = (part.strip() for part in line.strip("|\n").split("|"))
    name, _, row = published.partition(", row ")
    item = re.sub("[ ,]+", "_", name.lower()).replace("table_", "table").replace("figure_", "figure")
    found = CELL.fullmatch(cell)
    assert found, line
    counts = [int(found[key]) if (found[key] or "–") != "–" else None for key in ("count", "defined")]
    values = dict(part.rsplit(" ", 1) for part in printed.split(", ") if part != "–")
    numbers = {name: float(value) for name, value in values.items()}
    return Cell(f"{experiment}.{item}", row or None, found["commit"], *counts, numbers, finding, known)


@pytest.fixture(scope="module")
def cells() -> list[Cell]:
    _, *sections = (ROOT / "docs/notebooks.md").read_text(encoding="utf-8").split("\n## ")
    rows = [(name, line) for name, text in zip(SECTIONS, sections, strict=True) for line in text.splitlines()]
    return [
        read_cell(name, line)
        for name, line in rows
        if line.startswith("|") and not line.startswith(("|:", "| published"))
    ]


@pytest.fixture(scope="module")
def published() -> dict[str, dict[str, pd.DataFrame]]:
    return {name: read_all_published(PUBLISHED / f"{name}.yaml") for name in SECTIONS}


def agrees(cell: Cell, published: dict) -> bool:
    """Whether all that it printed is what is published there, to the published digits."""
    experiment, name = cell.item.split(".")
    table = published[experiment][name]
    row = published_rows(table)[cell.row]
    for name in cell.printed.keys() & row.keys():
        digits = max(len(f"{value:.10g}".partition(".")[2]) for value in table[name])
        if abs(cell.printed[name] - row[name]) > 0.5 * 10**-digits * (1 + 1e-6):
            return False
    return True


def test_only_known_rows_differ_from_what_is_published(cells, published):
    differing = [cell for cell in cells if cell.row is not None and not agrees(cell, published)]
    assert [(cell.item, cell.row, cell.commit) for cell in differing] == [
        ("gan.table8", "3", "30a7d5e"),
        ("vae.figure11", "10", "1b9faaa"),
        ("vae.figure11", "20", "43b174b"),
        ("vae.table9", "1", "fb1afa5"),
        ("vae.table9", "1", "1b9faaa"),
        ("vae.table9", "6", "1b9faaa"),
        ("vae.table9", "1", "43b174b"),
        ("vae.table9", "20", "73deb9e"),
    ]


def test_every_cell_says_what_follows_and_how_that_is_known_and_comes_after_what_it_uses(cells):
    assert all(cell.finding for cell in cells)
    assert {cell.known for cell in cells} == {"printed", "reconstructed", "unknown"}
    assert all(cell.defined < cell.count for cell in cells if cell.count and cell.defined)
