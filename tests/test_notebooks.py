"""Hidden notebook state: every saved cell stands beside what is published, and nothing incomplete passes."""

from pathlib import Path

import pandas as pd
import pytest
import yaml

from archdyn.errors import ArchdynError
from archdyn.notebooks import CELLS, PAGE, SECTIONS, Cell, notebooks_page, read_cells
from archdyn.render.published import notebook_only, published_rows, read_all_published

CELL = {
    "item": "gan.table8",
    "row": 3,
    "notebook": "task3",
    "commit": "30a7d5e",
    "cell": 6,
    "defined": None,
    "printed": {"D loss": 0.8},
    "finding": "another run",
    "known": "unknown",
}


@pytest.fixture(scope="module")
def published() -> dict[str, dict[str, pd.DataFrame]]:
    return {name: read_all_published(CELLS.with_name(f"{name}.yaml")) for name in SECTIONS}


def kept(folder: Path, cell: dict) -> Path:
    file = folder / "notebooks.yaml"
    file.write_text(yaml.safe_dump({"cells": [cell]}), encoding="utf-8")
    return file


def row_of(cell: Cell, published: dict) -> tuple[pd.DataFrame, dict]:
    """The published table and row beside which a cell's values stand."""
    experiment, name = cell.item.split(".")
    table = published[experiment][name]
    return table, published_rows(table)[str(cell.row)]


def agrees(cell: Cell, published: dict) -> bool:
    """Whether all that it printed is what is published there, to the published digits."""
    table, row = row_of(cell, published)
    for name in cell.printed.keys() & row.keys():
        digits = max(len(f"{value:.10g}".partition(".")[2]) for value in table[name])
        if abs(cell.printed[name] - row[name]) > 0.5 * 10**-digits * (1 + 1e-6):
            return False
    return True


def test_only_known_rows_differ_from_what_is_published(published):
    differing = [cell for cell in read_cells() if cell.row is not None and not agrees(cell, published)]
    assert [(cell.item, cell.row, cell.commit) for cell in differing] == [
        ("gan.table8", 3, "30a7d5e"),
        ("vae.figure11", 10, "1b9faaa"),
        ("vae.figure11", 20, "43b174b"),
        ("vae.table9", 1, "fb1afa5"),
        ("vae.table9", 1, "1b9faaa"),
        ("vae.table9", 6, "1b9faaa"),
        ("vae.table9", 1, "43b174b"),
        ("vae.table9", 20, "73deb9e"),
    ]


def test_what_nothing_decides_says_what_is_not_saved():
    undecided = [cell.finding for cell in read_cells() if cell.known == "unknown"]
    assert undecided
    assert all("not saved" in finding or "no saved cell" in finding for finding in undecided)


def test_a_cell_comes_after_the_one_that_defined_its_model():
    counted = [cell for cell in read_cells() if cell.cell and cell.defined]
    assert counted
    assert all(cell.defined < cell.cell for cell in counted)


def test_the_page_of_the_docs_is_made_from_the_cells():
    assert PAGE.read_text(encoding="utf-8") == notebooks_page(read_cells()), "run make format"


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"item": "rnn.table8"}, "item"),
        ({"commit": "30a7d5g"}, "commit"),
        ({"commit": "30a7d5e0"}, "commit"),
        ({"known": "guessed"}, "known"),
        ({"cell": 0}, "cell"),
        ({"finding": ""}, "finding"),
        ({"printed": {"D loss": "0.8"}}, "printed"),
        ({"notebook": "task6"}, "notebook"),
    ],
)
def test_a_malformed_cell_is_refused_by_key_and_file(tmp_path, change, key):
    with pytest.raises(ArchdynError, match=rf"{key}.*notebooks\.yaml"):
        read_cells(kept(tmp_path, CELL | change))


@pytest.mark.parametrize("key", CELL)
def test_an_incomplete_cell_is_refused(tmp_path, key):
    with pytest.raises(ArchdynError, match=key):
        read_cells(kept(tmp_path, {name: value for name, value in CELL.items() if name != key}))


@pytest.mark.parametrize("experiment", SECTIONS)
def test_every_published_table_says_who_printed_it(experiment):
    tables = yaml.safe_load(CELLS.with_name(f"{experiment}.yaml").read_text(encoding="utf-8"))
    for name, table in tables.items():
        assert table["printed"] in ("report", "notebook"), name
        assert set(table.get("in_report", [])) <= {row[0] for row in table["rows"]}, name
        assert all(len(row) == len(table["columns"]) for row in table["rows"]), name


def test_rows_that_only_a_notebook_has():
    of_vae = notebook_only(CELLS.with_name("vae.yaml"))
    assert of_vae["figure11"] == {1, 2, 5, 10}
    assert of_vae["table9"] == set()


def test_figure_3_is_that_of_an_untrained_head(published):
    counts = published["resnet"]["figure3"].set_index("class")
    assert counts.to_numpy().sum() == 1000
    assert sum(counts.at[name, name] for name in counts.index) == 80
