"""Calibration: shapes of tests are wrong as seldom as they say, and rules find what is true of planted worlds."""

import numpy as np
import pandas as pd
import pytest

from archdyn.calibration.judge import world_table
from archdyn.calibration.simulate import simulate, summarise
from archdyn.calibration.worlds import WORLDS
from archdyn.claims.estimates import PairedShares, Share, of_both, of_images, of_seeds
from archdyn.claims.power import detectable
from archdyn.claims.read import read_claims
from archdyn.numbers.published import read_all_published
from archdyn.settings.check import CONFIG_FOLDER

RNG = np.random.default_rng(0)
SHAPES = {  # method: what a run found, the estimand, seeds, images
    "t, seeds": (of_seeds(0.5 + 0.1 * RNG.standard_normal(3), False, None), "a.b", 3, None),
    "t, paired by seed": (of_seeds(0.5 + 0.1 * RNG.standard_normal(20), True, None), "a.b ÷ c.b", 20, None),
    "t, paired by image": (of_images(0.5 + RNG.standard_normal(300)), "a.b − c.b", 1, 300),
    "Wilson's score": (Share(240, 300), "a.b", 1, 300),
    "McNemar's and Tango's score": (PairedShares(40, 25, 300), "a.b − c.b", 1, 300),
    "t, seeds x images": (
        of_both(0.5 + 0.1 * RNG.standard_normal((5, 1)) + RNG.standard_normal((5, 300)), False, None),
        "a.b − c.b",
        5,
        300,
    ),
}


def row(method: str, relation: str, level: float = 0.95) -> dict:
    """Of tests.csv, with a bound at what the run found."""
    estimate, estimand, seeds, images = SHAPES[method]
    low, high = estimate.interval(level)
    facts = {"method": method, "estimand": estimand, "n_seeds": seeds, "n_images": images, "level": level}
    aim = {"relation": relation, "bound": estimate.effect, "margin": None}
    found = {"effect": estimate.effect, "low": low, "high": high, "detectable": detectable(estimate, level)}
    return facts | aim | found


@pytest.mark.parametrize("method", SHAPES)
@pytest.mark.parametrize("relation", ["at_least", "at_most"])
def test_every_shape_of_test_is_wrong_as_seldom_and_sees_as_much_as_it_says(method, relation):
    rates = simulate(row(method, relation), 400, np.random.default_rng(1))
    assert rates["holds_at_bound"] <= 0.05  # nominal 0.025, of 400 repetitions
    assert 0.7 < rates["decided_at_detectable"] < 0.97


def test_equal_sides_hold_only_where_the_rule_lets_them():
    equal = row("t, paired by seed", "at_least") | {"bound": 1.3}
    assert simulate(equal, 100, np.random.default_rng(2))["equal_is"] == "false"
    assert simulate(equal, 100, np.random.default_rng(2))["holds_if_equal"] == 0
    kept = row("McNemar's and Tango's score", "at_least") | {"bound": -0.2}
    assert simulate(kept, 100, np.random.default_rng(2))["equal_is"] == "true"
    assert simulate(kept, 100, np.random.default_rng(2))["holds_if_equal"] > 0.9


def test_the_summary_has_a_row_per_method_and_skips_what_has_no_interval():
    tests = [row("Wilson's score", "at_least"), row("Wilson's score", "at_most")]
    tests.append(row("t, seeds", "at_least") | {"low": -np.inf, "high": np.inf})
    frame = pd.DataFrame([test | simulate(test, 100, np.random.default_rng(3)) for test in tests])
    table = summarise(frame)
    assert table[["method", "tests"]].to_numpy().tolist() == [["Wilson's score", 2]]
    assert summarise(frame[2:]).empty


@pytest.fixture(scope="module")
def judged() -> pd.DataFrame:
    experiments = {world.experiment for world in WORLDS}
    claims = {name: read_claims(CONFIG_FOLDER / f"claims/{name}.yaml") for name in experiments}
    published = {name: read_all_published(CONFIG_FOLDER / f"published/{name}.yaml") for name in experiments}
    return world_table(WORLDS, claims, published, 1, 0)


def test_every_claim_that_a_world_knows_is_one_of_the_config(judged):
    assert len(judged) == sum(len(world.truth) for world in WORLDS)


def test_no_rule_holds_in_a_world_where_its_claim_is_false(judged):
    false = judged[judged["it is"] == "false"]
    assert len(false) > 10
    assert set(false["holds (%)"]) == {"0"}
    assert set(judged["defect"]) == {"no"}


def test_rules_find_what_is_true(judged):
    true = judged[judged["it is"] == "true"]
    assert (true["does not hold (%)"] == "0").all()
    assert (true["holds (%)"] == "100").mean() > 0.7
