"""Hidden notebook state: every saved cell stands beside what the report has, and nothing incomplete passes."""

import re
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
import yaml

from archdyn.audit.notebook_settings import Cell
from archdyn.audit.notebooks import notebooks_table, read_cells
from archdyn.errors import ArchdynError
from archdyn.render.published import read_all_published
from archdyn.render.tables import write_table

ROOT = Path(__file__).resolve().parents[1]
CELLS = ROOT / "config" / "published" / "notebooks.yaml"
EXPERIMENTS = ("resnet", "vit", "gan", "vae", "clip")
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
    folder = ROOT / "config" / "published"
    return {name: read_all_published(folder / f"{name}.yaml") for name in EXPERIMENTS}


@pytest.fixture(scope="module")
def table(published):
    return notebooks_table(read_cells(CELLS), published)


def kept(folder: Path, cell: dict) -> Path:
    file = folder / "notebooks.yaml"
    file.write_text(yaml.safe_dump({"cells": [cell]}))
    return file


def test_only_known_rows_differ_from_the_report(table):
    differing = table[~table["report"].isin(["same", "–"])]
    assert [tuple(row) for row in differing[["published", "notebook"]].to_numpy()] == [
        ("Table 8, row 3", "task3 30a7d5e"),
        ("Figure 11, row 10", "task4 1b9faaa"),
        ("Figure 11, row 20", "task4 –"),
        ("Table 9, row 1", "task4 1b9faaa"),
        ("Table 9, row 6", "task4 1b9faaa"),
        ("Table 9, row 20", "task4 –"),
    ]


def test_what_nothing_decides_says_what_is_not_saved(table):
    undecided = table[table["known"] == "unknown"]
    assert len(undecided) and undecided["finding"].str.contains("not saved|no saved cell").all()


def test_a_cell_comes_after_the_one_that_defined_its_model():
    counted = [cell for cell in read_cells(CELLS) if cell.cell and cell.defined]
    assert all(cell.defined < cell.cell for cell in counted)


def test_versions_are_short_commits():
    versions = {cell.commit for cell in read_cells(CELLS)} - {None}
    assert versions and all(re.fullmatch("[0-9a-f]{7}", version) for version in versions)


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
            "item: found gan.table99; allowed: a figure, or of gan: table7, table8, figure6, figure9",
        ),
        ({"row": 4}, "row, of gan.table8: found 4; allowed: 1, 2, 3, 5"),
        ({"item": "gan.figure8"}, "row, of gan.figure8: found 3; allowed: null"),
    ],
)
def test_what_is_not_published_is_refused(published, change, message):
    with pytest.raises(ArchdynError, match=f"^{re.escape(message)}$"):
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


def test_the_table_is_written_in_three_forms(table, tmp_path):
    output = SimpleNamespace(**{ending: tmp_path / f"notebooks.{ending}" for ending in ("csv", "md", "tex")})
    write_table(table, output, "Hidden notebook state.")
    assert pd.read_csv(output.csv)["published"].tolist() == table["published"].tolist()
    assert output.md.read_text().count("\n|") == len(table) + 2
