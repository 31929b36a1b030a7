"""config/expected.yaml: made from a run's records, and held against the config and against runs."""

import json

import pandas as pd
import pytest
import yaml

from archdyn.cli import main
from archdyn.errors import ArchdynError
from archdyn.settings.check import SHIPPED, checked
from archdyn.settings.conditions import merged_condition
from archdyn.settings.read import read_yaml
from archdyn.tables.expected import EXPECTED, deviations, expected_text, settings_hash
from conftest import ROOT

TRAINING = {"epochs": 2, "learning_rate_g": 2e-4}


def a_run(folder, modes: float, sd: float = 0.5, training: dict = TRAINING):
    """A GAN's condition with two seeds, of which one took 60 s and one 180, though its last attempt took 1 s."""
    (folder / "gan/metrics").mkdir(parents=True)
    (folder / "logs/gan_train").mkdir(parents=True)
    (folder / "gan/models").mkdir()
    rows = [("gan", "held_out", "modes_covered", 10, None, 1), ("gan", "baseline", "modes_covered", modes, sd, 2)]
    rows += [("gan", "baseline", "class_share_0", 0.1, 0.01, 2)]
    columns = ["experiment", "condition", "metric", "mean", "sd", "n"]
    pd.DataFrame(rows, columns=columns).to_csv(folder / "gan/metrics/summary.csv", index=False)
    for seed, seconds in ((0, 60), (1, 180)):
        progress = {"epoch": [1, 2], "eta_s": [seconds / 2, 0]}
        pd.DataFrame(progress).to_csv(folder / f"logs/gan_train/baseline_seed{seed}.csv", index=False)
        record = {
            "rule": "gan_train",
            "wall_s": 1,
            "hardware": {"cpu": "A", "gpu": None, "cores": 2},
            "params": {"training": training},
        }
        (folder / f"gan/models/baseline_seed{seed}.provenance.json").write_text(json.dumps(record))
    return folder


def test_it_holds_headline_numbers_minutes_and_hardware_of_what_was_trained(tmp_path):
    made = yaml.safe_load(expected_text(a_run(tmp_path, 9.123456)))
    assert made == {
        "gan": {
            "baseline": {
                "values": {"modes_covered": [9.1235, 0.5]},
                "n": 2,
                "minutes": 2.0,
                "hardware": "A",
                "settings": settings_hash(TRAINING),
            }
        }
    }


def test_a_run_that_is_far_off_or_has_other_settings_is_told(tmp_path):
    before = yaml.safe_load(expected_text(a_run(tmp_path / "a", 9.0)))
    assert deviations(a_run(tmp_path / "b", 10.5), before) == []
    assert deviations(a_run(tmp_path / "c", 6.0), before) == ["gan, baseline: modes_covered is 6, expected 9 ± 0.5"]
    other = a_run(tmp_path / "d", 9.0, training=TRAINING | {"epochs": 3})
    assert deviations(other, before) == ["gan, baseline: trained by other settings"]
    one_seed = yaml.safe_load(expected_text(a_run(tmp_path / "e", 9.0, sd=float("nan"))))
    assert one_seed["gan"]["baseline"]["values"] == {"modes_covered": [9.0, None]}
    assert deviations(tmp_path / "b", one_seed) == ["gan, baseline: modes_covered is 10.5, expected 9 ± 0"]


def test_a_run_without_trainings_is_refused(tmp_path):
    with pytest.raises(ArchdynError, match="has no records of trainings"):
        expected_text(tmp_path)


def test_the_command_prints_the_file(tmp_path, capsys):
    a_run(tmp_path, 9.0)
    with pytest.raises(SystemExit) as end:
        main(["expected", str(tmp_path)])
    assert end.value.code == 0
    assert yaml.safe_load(capsys.readouterr().out)["gan"]["baseline"]["minutes"] == 2.0


@pytest.mark.skipif(not EXPECTED.is_file(), reason="no run at the report's scale has been recorded yet")
def test_what_is_expected_is_of_the_settings_of_today_and_of_the_last_run_here():
    config, expected = checked(read_yaml(SHIPPED), [SHIPPED]).model_dump(), read_yaml(EXPECTED)
    for experiment, conditions in expected.items():
        for name, entry in conditions.items():
            today = settings_hash(merged_condition(config[experiment], name))
            assert entry["settings"] == today, f"{experiment}, {name}: run it again, then `archdyn expected paper`"
    if (ROOT / "results/paper").is_dir():
        assert deviations(ROOT / "results/paper", expected) == []


@pytest.mark.skipif(not EXPECTED.is_file(), reason="no run at the report's scale has been recorded yet")
def test_what_is_expected_is_what_the_published_audit_has():
    published = pd.read_csv(ROOT / "docs/audit/summary.csv").set_index(["experiment", "condition", "metric"])["mean"]
    for experiment, conditions in read_yaml(EXPECTED).items():
        for name, entry in conditions.items():
            for metric, (value, _) in entry["values"].items():
                assert published[experiment, name, metric] == pytest.approx(value, rel=1e-4), f"{name}: {metric}"
