"""Tables show published rows beside ours, with spread and n."""

import pandas as pd
import pytest
import yaml

from archdyn.experiments.gan.tables import conditions_table, epoch_table
from archdyn.render.published import read_all_published
from conftest import ROOT

PUBLISHED = pd.DataFrame([[1, 0.5, 0.25, 1.0, 0.0], [8, 0.1, 0.1, 1.0, 0.0]])
PUBLISHED.columns = ["epoch", "D loss", "G loss", "D(real)", "D(fake)"]


@pytest.fixture
def two_seeds(tmp_path):
    files = []
    for seed, loss in enumerate((0.2, 0.4)):
        file = tmp_path / f"{seed}.csv"
        pd.DataFrame({"epoch": [1, 2], "loss_d": loss, "loss_g": 1.0, "d_real": 0.9, "d_fake": 0.1}).to_csv(file)
        files.append(file)
    return files


@pytest.mark.parametrize("file", sorted((ROOT / "config/published").glob("*.yaml")), ids=lambda file: file.stem)
def test_every_published_table_is_whole_and_says_who_printed_it(file):
    for name, table in yaml.safe_load(file.read_text(encoding="utf-8")).items():
        assert table["printed"] in ("report", "notebook"), name
        assert set(table.get("in_report", [])) <= {row[0] for row in table["rows"]}, name
        assert all(len(row) == len(table["columns"]) for row in table["rows"]), name


def test_published_figure_3_is_that_of_an_untrained_head():
    counts = read_all_published(ROOT / "config/published/resnet.yaml")["figure3"].set_index("class")
    assert counts.to_numpy().sum() == 1000
    assert sum(counts.at[name, name] for name in counts.index) == 80


def test_published_rows_are_followed_by_ours(two_seeds):
    table = epoch_table(PUBLISHED, {"ours": two_seeds})
    assert table["source"].tolist() == ["report", "ours", "report"]  # the run did not reach the second epoch
    assert table["D loss"].tolist() == ["0.5000", "0.3000 ± 0.1414 (-0.2000)", "0.1000"]
    assert table["n"].tolist() == [1, 2, 1]


def test_conditions_table_shows_a_dash_for_what_a_condition_lacks():
    rows = [("held_out", "frechet_distance", 0.01, float("nan"), 1), ("a", "frechet_distance", 0.5, 0.1, 3)]
    summary = pd.DataFrame(rows, columns=["condition", "metric", "mean", "sd", "n"])
    table = conditions_table(summary, {"held_out": "real", "a": "a label"})
    assert table["condition"].tolist() == ["real", "a label"]
    assert table["Fréchet ↓"].tolist() == ["0.010", "0.500 ± 0.100"]
    assert table["coverage"].tolist() == ["–", "–"]
    assert table["n"].tolist() == [1, 3]
