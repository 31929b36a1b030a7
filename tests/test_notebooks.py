"""Hidden notebook state: every saved cell stands beside what the report has, and nothing incomplete passes."""

import re
from pathlib import Path

import pytest
import yaml

from archdyn.audit.notebooks import PAGE, PUBLISHED, Cell, notebooks_page, notebooks_table, read_cells
from archdyn.audit.notebooks import read_every_published as every_published
from archdyn.errors import ArchdynError
from archdyn.render.published import notebook_only

CELLS = PUBLISHED / "notebooks.yaml"
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
def published():
    return every_published()


@pytest.fixture(scope="module")
def table(published):
    return notebooks_table(read_cells(CELLS), published)


def kept(folder: Path, cell: dict) -> Path:
    file = folder / "notebooks.yaml"
    file.write_text(yaml.safe_dump({"cells": [cell]}))
    return file


def test_only_known_rows_differ_from_the_report(table):
    differing = table[~table["report"].isin(["same", "left out", "–"])]
    assert [(row["published"], row["cell"].split(",")[0]) for row in differing.to_dict("records")] == [
        ("Table 8, row 3", "task3 30a7d5e"),
        ("Figure 11, row 10", "task4 1b9faaa"),
        ("Figure 11, row 20", "task4 43b174b"),
        ("Table 9, row 1", "task4 fb1afa5"),
        ("Table 9, row 1", "task4 1b9faaa"),
        ("Table 9, row 6", "task4 1b9faaa"),
        ("Table 9, row 1", "task4 43b174b"),
        ("Table 9, row 20", "task4 73deb9e"),
    ]


def test_what_only_a_notebook_has_is_not_the_reports(table):
    left_out = set(table.loc[table["report"] == "left out", "published"])
    assert {"Table 1, first run, row 1", "Figure 6, row 1", "Figure 9, row 5", "Figure 11, row 1"} <= left_out
    assert not left_out & {"Table 1, row 1", "Figure 3, row airplane", "Table 10, row plain"}
    assert notebook_only(PUBLISHED / "vae.yaml")["figure11"] == {1, 2, 5, 10}


def test_the_page_of_the_docs_is_made_from_the_cells(published):
    assert PAGE.read_text(encoding="utf-8") == notebooks_page(read_cells(CELLS), published), "run make format"


def test_what_nothing_decides_says_what_is_not_saved(table):
    undecided = table[table["known"] == "unknown"]
    assert len(undecided) and undecided["what follows"].str.contains("not saved|no saved cell").all()


def test_a_cell_comes_after_the_one_that_defined_its_model():
    counted = [cell for cell in read_cells(CELLS) if cell.cell and cell.defined]
    assert all(cell.defined < cell.cell for cell in counted)


@pytest.mark.parametrize(
    ("printed", "report"),
    [
        ({"D loss": 0.75674}, "same"),
        ({"D loss": 0.75676}, "D loss 0.7567"),
        ({"D loss": 0.8, "D(real)": 0.827}, "D loss 0.7567"),
        ({"minibatches": 469}, "–"),
    ],
)
def test_values_are_the_same_to_the_reports_last_digit(published, printed, report):
    assert notebooks_table([Cell(**CELL | {"printed": printed})], published)["report"].item() == report


def test_a_column_keeps_the_digits_that_yaml_drops(published):
    """Figure 6 has 1.4 for 1.40 at epoch 4: 1.41 is not the same."""
    cell = Cell(**CELL | {"item": "gan.figure6", "row": 4, "printed": {"D loss": 1.41}})
    assert notebooks_table([cell], published)["report"].item() == "D loss 1.4"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"item": "gan.table99"},
            "item: found gan.table99; allowed: a figure, or of gan: table7, table8, ",
        ),
        ({"row": 4}, "row, of gan.table8: found 4; allowed: 1, 2, 3, 5"),
        ({"item": "gan.figure8"}, "row, of gan.figure8: found 3; allowed: null"),
    ],
)
def test_what_is_not_published_is_refused(published, change, message):
    with pytest.raises(ArchdynError, match=f"^{re.escape(message)}"):
        notebooks_table([Cell(**CELL | change)], published)


@pytest.mark.parametrize(
    ("change", "key"),
    [
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
