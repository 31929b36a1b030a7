"""Tables show published rows beside ours, with spread and n."""

import pandas as pd
import pytest

from archdyn.experiments.gan.tables import conditions_table, epoch_table

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


def test_conditions_table_shows_a_dash_for_what_a_condition_lacks():
    rows = [("held_out", "frechet_distance", 0.01, float("nan"), 1), ("a", "frechet_distance", 0.5, 0.1, 3)]
    summary = pd.DataFrame(rows, columns=["condition", "metric", "mean", "sd", "n"])
    table = conditions_table(summary, {"held_out": "real", "a": "a label"})
    assert table["condition"].tolist() == ["real", "a label"]
    assert table["Fréchet ↓"].tolist() == ["0.010", "0.500 ± 0.100"]
    assert table["coverage"].tolist() == ["–", "–"]
    assert table["n"].tolist() == [1, 3]
