"""archdyn diff: which metrics changed between two runs."""

import pandas as pd
import pytest

from archdyn.cli import main
from archdyn.workflow.compare import changes

COLUMNS = ["experiment", "condition", "metric", "mean", "sd", "n"]
NAN = float("nan")


def run(*rows) -> pd.DataFrame:
    return pd.DataFrame([("gan", *row) for row in rows], columns=COLUMNS)


def test_changes_beyond_the_spread_are_found_and_sorted():
    first = run(
        ("a", "kl", 1.0, 0.3, 3), ("a", "loss", 1.0, 0.03, 3), ("a", "modes", 9.0, 0.0, 3), ("a", "same", 2.0, 0.0, 3)
    )
    second = run(
        ("a", "kl", 1.2, 0.4, 3), ("a", "loss", 1.2, 0.04, 3), ("a", "modes", 8.0, 0.0, 3), ("a", "same", 2.0, 0.0, 3)
    )
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
        folder = tmp_path / f"results/{name}/gan/metrics"
        folder.mkdir(parents=True)
        run(("a", "kl", mean, 0.1, 3)).to_csv(folder / "summary.csv", index=False)
        (folder / "summary.provenance.json").write_text(f'{{"commit": "c0ffee-{name}"}}')
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


def test_a_run_that_does_not_exist_is_one_line(two_runs):
    with pytest.raises(SystemExit) as end:
        main(["diff", "one", "three"])
    assert end.value.code == "error: three: no such folder, nor results/three"


def test_two_runs_stand_side_by_side_on_a_page(two_runs, tmp_path, capsys):
    pictures = {
        ("one", "figure6"): b"same",
        ("two", "figure6"): b"same",
        ("one", "losses"): b"a",
        ("two", "losses"): b"b",
    }
    for (name, figure), picture in pictures.items():
        file = tmp_path / f"results/{name}/gan/figures/{figure}.png"
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(picture)
    with pytest.raises(SystemExit) as end:
        main(["diff", "one", "two", "--html", "both.html"])
    assert end.value.code == 0
    page = (tmp_path / "both.html").read_text()
    assert "The same in both: gan/figure6." in page
    assert page.count('<img src="data:image/png;base64,') == 2
    assert "YQ==" in page and "Yg==" in page  # a and b
    assert "1 of 1 metrics differ by more than 1 spreads." in page
    assert "<td>kl</td>" in page
    assert capsys.readouterr().out.startswith("both.html: ")


def test_tensorboard_reads_the_numbers_of_the_csv(tmp_path, monkeypatch, capsys):
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    make_ndarray = pytest.importorskip("tensorboard.util.tensor_util").make_ndarray
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "results/one/gan/metrics/baseline_seed3_epochs.csv"
    file.parent.mkdir(parents=True)
    pd.DataFrame({"epoch": [1, 2], "loss_d": [1.5, 0.25], "seed": 3}).to_csv(file, index=False)
    with pytest.raises(SystemExit) as end:
        main(["tensorboard", "one"])
    assert end.value.code == 0
    assert capsys.readouterr().out == "one.tensorboard: 1 trainings; tensorboard --logdir one.tensorboard\n"
    events = accumulator.EventAccumulator(str(tmp_path / "one.tensorboard/gan/baseline_seed3"))
    events.Reload()
    assert events.Tags()["tensors"] == ["loss_d"]
    read = [(event.step, make_ndarray(event.tensor_proto).item()) for event in events.Tensors("loss_d")]
    assert read == [(1, 1.5), (2, 0.25)]
    with pytest.raises(SystemExit, match="one.tensorboard: holds events already"):
        main(["tensorboard", "one"])
