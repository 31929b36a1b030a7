"""Claims: each verdict on synthetic numbers, and one-line errors for what cannot be decided."""

import numpy as np
import pandas as pd
import pytest
import yaml

from archdyn.claims.read import read_claims, untestable
from archdyn.claims.verdicts import FAILS, HOLDS, PUBLISHED_ONLY, UNTESTABLE, decide, verdict_table
from archdyn.errors import ArchdynError
from archdyn.settings.check import CONFIG_FOLDER
from archdyn.settings.read import read_yaml

EXPERIMENTS = sorted(path.stem for path in (CONFIG_FOLDER / "claims").glob("*.yaml"))
PUBLISHED = {"table1": pd.DataFrame({"epoch": [1, 20], "KL": [1.70, 2.967]})}


def summary(**metrics) -> pd.DataFrame:
    """Rows of summary.csv; each metric as `condition__metric=(mean, sd, n)`."""
    rows = [(*name.split("__"), *values) for name, values in metrics.items()]
    return pd.DataFrame(rows, columns=["condition", "metric", "mean", "sd", "n"])


NUMBERS = summary(
    bad__modes=(1.0, 0.1, 3), good__modes=(9.8, 0.3, 3), kl5__kl=(2.95, 0.02, 3), one__seed=(5.0, np.nan, 1)
)


def claim(published: dict, corrected: dict | None = None) -> dict:
    found = {"id": "it", "where": "Table 1", "claim": "It is so.", "needs": {"dataset": "mnist"}}
    tests = {"published": [{"what": "modes"} | published]}
    return found | tests | ({"corrected": [{"what": "modes"} | corrected]} if corrected else {})


TRUE = {"metric": "good.modes", "at_least": 9}
FALSE = {"metric": "bad.modes", "at_least": 9}


@pytest.mark.parametrize(
    ("published", "corrected", "reason", "verdict"),
    [
        (TRUE, None, None, HOLDS),
        (TRUE, TRUE, None, HOLDS),
        (TRUE, FALSE, None, PUBLISHED_ONLY),
        (FALSE, None, None, FAILS),
        (FALSE, TRUE, None, FAILS),
        (TRUE, None, "epochs: 2 of 20", UNTESTABLE),
    ],
)
def test_each_verdict(published, corrected, reason, verdict):
    row = verdict_table([claim(published, corrected)], NUMBERS, PUBLISHED, {"it": reason} if reason else {}).iloc[0]
    assert row["verdict"] == verdict
    assert row["note"] == (reason or "–")
    assert row["n"] == 3


def test_the_row_shows_the_number_that_decided():
    row = verdict_table([claim(TRUE, FALSE)], NUMBERS, PUBLISHED, {}).iloc[0]
    assert row["measured"] == "modes: 1.00 ± 0.10 (not ≥ 9.00)"
    assert row["published protocol"] == "modes: 9.80 ± 0.30 (≥ 9.00)"


@pytest.mark.parametrize(
    ("test", "passed", "clear"),
    [
        ({"metric": "good.modes", "at_least": 9.8}, True, "no"),  # at the bound
        ({"metric": "good.modes", "at_least": 9.7}, True, "no"),
        ({"metric": "good.modes", "at_least": 9.0}, True, "yes"),
        ({"metric": "good.modes", "at_most": 9.0}, False, "yes"),
        ({"metric": "good.modes", "at_least": "bad.modes", "times": 9}, True, "no"),  # 0.8 over a spread of 0.95
        ({"metric": "good.modes", "at_least": "bad.modes", "times": 5}, True, "yes"),
        ({"metric": "kl5.kl", "near": "table1[20].KL", "within": 0.05}, True, "yes"),
        ({"metric": "kl5.kl", "near": "table1[20].KL", "within": "1%"}, True, "no"),
        ({"metric": "kl5.kl", "near": "table1[1].KL", "within": "5%"}, False, "yes"),
        ({"metric": "one.seed", "at_least": 1}, True, "one seed"),
    ],
)
def test_a_test_is_decided_by_the_mean_and_qualified_by_the_spread(test, passed, clear):
    outcome = decide({"what": "it"} | test, NUMBERS, PUBLISHED, "it")
    assert (outcome.passed, outcome.clear) == (passed, clear)


@pytest.mark.parametrize(
    ("test", "message"),
    [
        ({"metric": "good.no_such", "at_least": 1}, "the claim it rests on good.no_such, which"),
        ({"metric": "good.modes", "at_least": "good.no_such"}, "the claim it rests on good.no_such, which"),
        (
            {"metric": "good.modes", "near": "table1[7].KL", "within": 1},
            "table1[7].KL, which is no number of config",
        ),
        (
            {"metric": "good.modes", "near": "table9[1].KL", "within": 1},
            "table9[1].KL, which is no number of config",
        ),
    ],
)
@pytest.mark.parametrize("reason", [None, "too small"])
def test_a_missing_number_is_an_error_and_never_a_pass(test, message, reason):
    with pytest.raises(ArchdynError) as error:
        verdict_table([claim(test)], NUMBERS, PUBLISHED, {"it": reason} if reason else {})
    assert message in str(error.value)


def test_a_metric_that_is_not_a_number_is_an_error():
    with pytest.raises(ArchdynError, match="which is nan"):
        decide({"what": "it", "metric": "a.b", "at_most": 1}, summary(a__b=(np.nan, np.nan, 3)), PUBLISHED, "it")


def write(folder, *claims: dict) -> str:
    path = folder / "claims.yaml"
    path.write_text(yaml.safe_dump({"claims": claims}))
    return str(path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"verdict": "holds"}, "claims[0].verdict, from {}: unknown key; allowed: id, where"),
        ({"published": [{"what": "x", "metric": "a.b", "at_mots": 1}]}, "did you mean at_most?"),
        ({"published": [{"what": "x", "metric": "a.b"}]}, "found no relation; allowed: one of at_least, at_most, near"),
        ({"published": [{"what": "x", "metric": "a.b", "at_most": 1, "at_least": 0}]}, "found at_least and at_most"),
        ({"published": [{"what": "x", "metric": "a.b", "near": 1}]}, "near and within go together"),
        ({"published": [{"what": "x", "metric": "modes", "at_most": 1}]}, 'metric, from {}: found "modes"; allowed'),
    ],
)
def test_a_wrong_claim_is_one_line(tmp_path, change, message):
    path = write(tmp_path, claim(TRUE) | change)
    with pytest.raises(ArchdynError) as error:
        read_claims(path)
    assert message.format(path) in str(error.value)
    assert "\n" not in str(error.value)


def test_ids_stand_once(tmp_path):
    with pytest.raises(ArchdynError, match="the claim it stands 2 times"):
        read_claims(write(tmp_path, claim(TRUE), claim(FALSE)))


BLOCK = {
    "dataset": "mnist",
    "benchmark": {"images": 3},
    "training": {"epochs": 20, "images": None},
    "conditions": {"baseline": {}, "small": {"epochs": 2, "images": 100}},
}


@pytest.mark.parametrize(
    ("needs", "reason"),
    [
        ({"dataset": "mnist", "baseline.epochs": 20, "baseline.images": 60000}, None),
        ({"small.epochs": 10}, "small.epochs: 2 of 10"),
        ({"small.epochs": 10, "small.images": 60000}, "small.epochs: 2 of 10; small.images: 100 of 60000"),
        ({"dataset": "stl10"}, "dataset: mnist not stl10"),
        ({"benchmark.images": 2}, None),
    ],
)
def test_what_a_run_can_test(needs, reason):
    assert untestable([claim(TRUE) | {"needs": needs}], BLOCK) == ({"it": reason} if reason else {})


@pytest.mark.parametrize("key", ["baseline.epcohs", "no_such.epochs", "scale"])
def test_a_need_of_an_unknown_setting_is_an_error(key):
    with pytest.raises(ArchdynError, match=f"the claim it needs {key}: there is no such"):
        untestable([claim(TRUE) | {"needs": {key: 1}}], BLOCK)


@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_all_claims_can_be_tested_at_the_reports_scale(experiment):
    claims = read_claims(CONFIG_FOLDER / f"claims/{experiment}.yaml")
    assert untestable(claims, read_yaml(CONFIG_FOLDER / "config.yaml")[experiment]) == {}
