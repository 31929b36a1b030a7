"""Tables show published rows beside ours, with spread and n."""

from types import SimpleNamespace

import pandas as pd
import pytest

from archdyn.experiments.gan.tables import conditions_table, epoch_table
from archdyn.render.tables import write_table
from archdyn.render.words import mean_sd

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


def test_published_rows_are_followed_by_ours(two_seeds):
    table = epoch_table(PUBLISHED, {"ours": two_seeds})
    assert table["source"].tolist() == ["report", "ours", "report"]  # the run did not reach the second epoch
    assert table["D loss"].tolist() == ["0.5000", "0.3000 ± 0.1414 (-0.2000)", "0.1000"]
    assert table["n"].tolist() == [1, 2, 1]


def test_one_seed_has_no_spread():
    assert mean_sd(pd.Series([0.5]), 2) == "0.50"


def test_conditions_table_shows_a_dash_for_what_a_condition_lacks():
    rows = [("held_out", "frechet_distance", 0.01, float("nan"), 1), ("a", "frechet_distance", 0.5, 0.1, 3)]
    summary = pd.DataFrame(rows, columns=["condition", "metric", "mean", "sd", "n"])
    table = conditions_table(summary, {"held_out": "real", "a": "a label"})
    assert table["condition"].tolist() == ["real", "a label"]
    assert table["Fréchet ↓"].tolist() == ["0.010", "0.500 ± 0.100"]
    assert table["coverage"].tolist() == ["–", "–"]
    assert table["n"].tolist() == [1, 3]


def test_a_table_is_written_in_three_forms(tmp_path):
    output = SimpleNamespace(csv=tmp_path / "t.csv", md=tmp_path / "t.md", tex=tmp_path / "t.tex")
    write_table(pd.DataFrame({"loss_d": ["0.3 ± 0.1"]}), output, "Losses, demo scale.")
    assert pd.read_csv(output.csv)["loss_d"].tolist() == ["0.3 ± 0.1"]
    assert output.md.read_text().startswith("Losses, demo scale.\n\n| loss_d")
    assert r"loss\_d" in output.tex.read_text()
    assert r"0.3 \ensuremath{\pm} 0.1" in output.tex.read_text()
