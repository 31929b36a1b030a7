"""archdyn diff: which metrics changed between two runs."""

import pandas as pd
import pytest

from archdyn.cli import main
from archdyn.workflow.runs import changes
from conftest import leave_record

COLUMNS = ["experiment", "condition", "metric", "mean", "sd", "n"]
NAN = float("nan")


def run(*rows) -> pd.DataFrame:
    return pd.DataFrame([("gan", *row) for row in rows], columns=COLUMNS)


def test_changes_beyond_the_spread_are_found_and_sorted():
    same = ("a", "same", 2.0, 0.0, 3)
    first = run(("a", "kl", 1.0, 0.3, 3), ("a", "loss", 1.0, 0.03, 3), ("a", "modes", 9.0, 0.0, 3), same)
    second = run(("a", "kl", 1.2, 0.4, 3), ("a", "loss", 1.2, 0.04, 3), ("a", "modes", 8.0, 0.0, 3), same)
    found = changes(first, second, spreads=1).set_index("metric")
    assert list(found.index) == ["modes", "loss"]
    assert found.at["loss", "in_spreads"] == pytest.approx(4)
    assert found.at["loss", "difference"] == pytest.approx(0.2)
    assert list(changes(first, second, spreads=5)["metric"]) == ["modes"]


def test_single_seeds_differ_whenever_they_are_not_equal():
    first = run(("a", "kl", 1.0, NAN, 1), ("a", "loss", 1.0, NAN, 1))
    second = run(("a", "kl", 1.0 + 1e-9, NAN, 1), ("a", "loss", 1.01, NAN, 1))
    assert list(changes(first, second, spreads=1)["metric"]) == ["loss"]


def test_a_metric_of_one_run_only_is_named():
    found = changes(run(("a", "kl", 1.0, 0.1, 3)), run(("b", "kl", 1.0, 0.1, 3)), spreads=1)
    assert list(found["condition"]) == ["a", "b"]


@pytest.fixture
def two_runs(tmp_path, monkeypatch):
    for name, mean in (("one", 1.0), ("two", 2.0)):
        folder = f"results/{name}/gan/metrics"
        leave_record(tmp_path, f"{folder}/summary.provenance.json", commit=f"c0ffee-{name}")
        run(("a", "kl", mean, 0.1, 3)).to_csv(tmp_path / folder / "summary.csv", index=False)
    monkeypatch.chdir(tmp_path)


def test_the_command_prints_a_table_of_runs_by_name_or_by_folder(two_runs, capsys):
    with pytest.raises(SystemExit) as end:
        main(["diff", "one", "results/two"])
    assert end.value.code == 0
    printed = capsys.readouterr().out
    assert "A: `results/one`, at c0ffee-one" in printed
    assert "1 of 1 metrics differ by more than 1 spreads." in printed
    cells = [cell.strip() for cell in printed.splitlines()[-1].strip("|").split("|")]
    assert cells == ["gan", "a", "kl", "1.00 ± 0.10 (n = 3)", "2.00 ± 0.10 (n = 3)", "1.00", "7.1"]
