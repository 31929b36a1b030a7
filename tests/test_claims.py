"""Claims: each verdict on synthetic numbers, and one-line errors for what cannot be decided."""

import math

import numpy as np
import pandas as pd
import pytest
import yaml

from archdyn.claims.decide import (
    CORRECTED_ONLY,
    FAILS,
    HOLDS,
    INCONCLUSIVE,
    MET,
    MISSED,
    PUBLISHED_ONLY,
    UNDECIDED,
    UNTESTABLE,
    family_level,
    target,
)
from archdyn.claims.judge import test_table, verdict_table
from archdyn.claims.measure import measure
from archdyn.claims.read import read_claims, untestable
from archdyn.claims.seal import Seals, amendments, check_sealed, read_seals, rule_hash, rule_text, rules, sealed
from archdyn.claims.trials import p_values, pivotal, trials
from archdyn.claims.values import Values
from archdyn.config import SHIPPED, checked_config
from archdyn.errors import ArchdynError
from archdyn.settings.check import CONFIG_FOLDER
from archdyn.settings.read import read_yaml
from archdyn.workflow.experiment import Experiment
from archdyn.workflow.experiments import Resnet, Vit
from conftest import ROOT

EXPERIMENTS = sorted(path.stem for path in (CONFIG_FOLDER / "claims").glob("*.yaml"))
PUBLISHED = {"table1": pd.DataFrame({"epoch": [1, 20], "KL": [1.70, 2.967]})}
test_table.__test__ = False  # a table of tests, not a test


def values(**metrics) -> Values:
    """Of seeds 0, 1, ...; each metric as `condition__metric=[values]`."""
    rows = [
        ("gan", *name.split("__"), seed, value) for name, found in metrics.items() for seed, value in enumerate(found)
    ]
    frame = pd.DataFrame(rows, columns=["experiment", "condition", "metric", "seed", "value"])
    return Values(frame, published=PUBLISHED)


NUMBERS = values(
    bad__modes=[1.0, 1.1, 0.9, 1.0],
    good__modes=[9.8, 9.9, 9.8, 9.7],
    even__modes=[9.0, 9.3, 8.8, 9.1],
    kl5__kl=[2.95, 2.96, 2.97, 2.955],
    one__seed=[5.0],
    two__seeds=[5.0, 5.1],
    same__modes=[10.0, 10.0, 10.0, 10.0],
    zero__modes=[0.0, 0.1, 0.2, 0.1],
)


def rule_test(**changes) -> dict:
    return {"what": "modes", "because": "it says so", "resampled": "seeds"} | changes


def claim(published: dict, corrected: dict | None = None) -> dict:
    found = {"id": "it", "where": "Table 1", "kind": "mechanism", "claim": "It is so.", "needs": {"dataset": "mnist"}}
    tests = {"published": [rule_test(**published)]}
    return found | tests | ({"corrected": [rule_test(**corrected)]} if corrected else {})


def judged(claims: list[dict], numbers: Values = NUMBERS, reasons: dict | None = None, curves: dict | None = None):
    found = trials(claims, numbers, reasons or {})
    level = family_level(list(p_values(found)["p"]))
    facts = "gan", found, level, rules(claims, Seals({}, {}), "demo")
    return verdict_table(*facts, reasons or {}, numbers, curves or {}), test_table(*facts)


TRUE = {"metric": "good.modes", "at_least": 9.0}
FALSE = {"metric": "bad.modes", "at_least": 9.0}
UNSURE = {"metric": "even.modes", "at_least": 9.0}


@pytest.mark.parametrize(
    ("published", "corrected", "reason", "verdict"),
    [
        (TRUE, None, None, HOLDS),
        (TRUE, TRUE, None, HOLDS),
        (TRUE, FALSE, None, PUBLISHED_ONLY),
        (FALSE, TRUE, None, CORRECTED_ONLY),
        (FALSE, None, None, FAILS),
        (FALSE, FALSE, None, FAILS),
        (UNSURE, None, None, INCONCLUSIVE),
        (TRUE, UNSURE, None, INCONCLUSIVE),
        (FALSE, UNSURE, None, INCONCLUSIVE),
        ({"metric": "one.seed", "at_least": 1.0}, None, None, INCONCLUSIVE),
        (TRUE, None, "epochs: 2 of 20", UNTESTABLE),
    ],
)
def test_each_verdict(published, corrected, reason, verdict):
    row = judged([claim(published, corrected)], reasons={"it": reason} if reason else {})[0].iloc[0]
    assert row["verdict"] == verdict
    assert row["note"] == (reason or "–")


def test_a_claim_that_a_design_follows_says_from_which_size_on_it_holds():
    curves = {"it": "test accuracy: holds at 500 to 2,000 images"}
    assert (
        judged([claim(TRUE)], curves=curves)[0].at[0, "note"]
        == "against scale: test accuracy: holds at 500 to 2,000 images"
    )
    row = judged([claim(TRUE)], reasons={"it": "images: 5 of 60000"}, curves=curves)[0].iloc[0]
    assert row["note"] == "images: 5 of 60000 · against scale: test accuracy: holds at 500 to 2,000 images"


@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_a_curve_is_a_design_against_scale_and_no_part_of_the_rule(experiment):
    block = read_yaml(SHIPPED)[experiment]
    claims = read_claims(CONFIG_FOLDER / f"claims/{experiment}.yaml")
    followed = {one["id"]: one["curve"] for one in claims if "curve" in one}
    assert all(block["designs"][design]["scale"] for design in followed.values())
    against_scale = {name for name, design in block.get("designs", {}).items() if "scale" in design}
    assert set(followed.values()) == against_scale  # each curve stands beside a claim
    assert all(rule_text(one) == rule_text(one | {"curve": "another"}) for one in claims)


def test_the_rows_show_what_was_found():
    verdicts, tests = judged([claim(TRUE, UNSURE)])
    row = verdicts.iloc[0]
    assert row["published"].startswith("holds: modes: 9.80 [9.")
    assert row["published"].endswith("] (≥ 9.00)")
    assert row["corrected"].startswith("undecided: modes: 9.05 [")
    assert row["measured"] == f"corrected, {row['corrected']} (and 1 more)"  # on which the verdict hangs
    assert row["would_decide"].endswith(" seeds")
    assert (row["n_seeds"], row["n_images"]) == (4, "–")
    assert list(tests["decision"]) == [MET, UNDECIDED]
    assert tests["rule_hash"].nunique() == 1
    assert tests.at[0, "estimand"] == "good.modes"


@pytest.mark.parametrize(
    ("test", "effect", "decision"),
    [
        ({"metric": "good.modes", "against": "bad.modes", "at_least": 8.0}, 8.8, MET),
        ({"metric": "good.modes", "against": "bad.modes", "at_most": 8.0}, 8.8, MISSED),
        ({"metric": "good.modes", "against": "bad.modes", "effect": "ratio", "at_least": 8.0}, 9.825, MET),
        ({"metric": "good.modes", "against": "one.seed", "at_least": 4.0}, 4.8, UNDECIDED),  # of one training
        ({"metric": "kl5.kl", "near": "table1[20].KL", "within": 0.05}, 2.959, MET),
        ({"metric": "kl5.kl", "near": "table1[20].KL", "within": "0.1%"}, 2.959, UNDECIDED),
        ({"metric": "kl5.kl", "near": 2.967, "within": 0.025}, 2.959, MET),
        ({"metric": "kl5.kl", "near": "table1[20].KL", "within": 0.025}, 2.959, UNDECIDED),  # theirs is one run, too
        ({"metric": "kl5.kl", "near": "table1[1].KL", "within": "5%"}, 2.959, MISSED),
        ({"metric": "kl5.kl", "near": "table1[20].KL", "times": 2, "within": 0.05}, 2.959, MISSED),
        ({"metric": "same.modes", "at_least": 9.0}, 10, UNDECIDED),  # no spread is no certainty
        ({"metric": "same.modes", "at_least": 9.0, "resolution": 1.0}, 10, MET),
        ({"metric": "two.seeds", "at_least": 1.0}, 5.05, UNDECIDED),
        ({"metric": "two.seeds", "at_least": 1.0, "least_seeds": 2}, 5.05, MET),
    ],
)
def test_an_effect_is_decided_by_its_interval(test, effect, decision):
    test = rule_test(**test)
    found = measure(test, NUMBERS).estimate
    assert found.effect == pytest.approx(effect, abs=0.005)
    assert target(test, NUMBERS).decision(found.interval(0.95)) == decision


@pytest.mark.parametrize(
    ("test", "message"),
    [
        ({"metric": "good.no_such", "at_least": 1.0}, "the claim it rests on good.no_such, which"),
        ({"metric": "good.modes", "against": "good.no_such", "at_least": 1.0}, "the claim it rests on good.no_such"),
        ({"metric": "good.modes", "near": "table1[7].KL", "within": 1}, "table1[7].KL, which is no number of config"),
        ({"metric": "good.modes", "near": "table9[1].KL", "within": 1}, "table9[1].KL, which is no number of config"),
        ({"metric": "good.modes", "at_least": 1.0, "resampled": "images"}, "which no metrics/*_images.csv has"),
        (
            {"metric": "good.modes", "against": "zero.modes", "effect": "ratio", "at_least": 1.0},
            "has a ratio with zero.modes, which is not positive",
        ),
    ],
)
@pytest.mark.parametrize("reason", [None, "too small"])
def test_a_missing_number_is_an_error_and_never_a_pass(test, message, reason):
    with pytest.raises(ArchdynError) as error:
        judged([claim(test)], reasons={"it": reason} if reason else {})
    assert message in str(error.value)


def test_a_metric_that_is_not_a_number_is_an_error():
    with pytest.raises(ArchdynError, match="the claim it rests on a.b, which is not finite"):
        judged([claim({"metric": "a.b", "at_most": 1.0})], values(a__b=[1.0, math.nan, 2.0]))


def test_per_image_values_are_paired_by_image():
    right = np.tile([1, 1, 0, 1], 100)
    table = pd.DataFrame({"condition": "a", "seed": 0, "image": range(400), "right": right})
    other = table.assign(condition="b", right=np.where(np.arange(400) < 40, 0, right))
    test = rule_test(metric="a.right", against="b.right", at_least=0.0, resampled="images")
    found = measure(test, Values(NUMBERS.seeds, [pd.concat([table, other])]))
    assert (found.estimate.gained, found.estimate.lost, found.images) == (30, 0, 400)
    share = measure(rule_test(metric="a.right", at_least=0.7, resampled="images"), Values(NUMBERS.seeds, [table]))
    assert (share.estimate.count, share.estimate.n, share.method) == (300, 400, "Wilson's score")


def test_a_number_of_the_same_weights_and_images_is_what_it_is():
    table = pd.DataFrame({"condition": "a", "seed": 0, "image": range(100), "right": np.arange(100) < 91})
    test = rule_test(metric="a.right", near="table1[1].KL", times=0.53, within=0.01, resampled="nothing")  # 0.901
    numbers = Values(NUMBERS.seeds, [table], PUBLISHED)
    found = trials([claim(test) | {"published": [test]}], numbers, {})
    assert found[0].text(0.95) == "modes: 0.910, nothing sampled (≈ 0.901 ± 0.0100)"
    assert (found[0].decision(0.95), len(p_values(found))) == (MET, 0)
    assert found[0].target.p(found[0].measured.estimate) == 0


def test_a_verdict_hangs_on_what_would_turn_it_first():
    """One that fails twice stands until both have turned, so the stronger counts; one that holds, until one has."""
    tests = [rule_test(**FALSE | {"what": "a"}), rule_test(**FALSE | {"what": "b", "at_least": 1.5})]
    found = trials([claim(TRUE) | {"published": tests}], NUMBERS, {})
    assert found[0].p < found[1].p
    assert pivotal(found, 0.95).test["what"] == "a"
    tests = [rule_test(**TRUE | {"what": "a"}), rule_test(**TRUE | {"what": "b", "at_least": 9.5})]
    assert pivotal(trials([claim(TRUE) | {"published": tests}], NUMBERS, {}), 0.95).test["what"] == "b"
    mixed = trials([claim(TRUE, UNSURE)], NUMBERS, {})
    assert pivotal(mixed, 0.95).protocol == "corrected"


def test_no_number_of_our_seeds_outweighs_the_scatter_of_the_reports_one_run():
    near = {"metric": "even.modes", "near": "table1[1].KL", "times": 5.3, "within": 0.1}  # 9.01, runs differ by 0.2
    row = judged([claim(near)])[0].iloc[0]
    assert row["would_decide"].startswith("no number of seeds: the report's value is of one")
    assert row["flip"].startswith("none of them; modes would be decided with a margin of 0.")
    assert judged([claim(near | {"within": 0.74})])[0].at[0, "would_decide"].endswith(" seeds")


def test_other_images_cannot_be_paired():
    table = pd.DataFrame({"condition": "a", "seed": 0, "image": range(40), "right": 1})
    other = table.assign(condition="b", image=table["image"] + 1)
    test = rule_test(metric="a.right", against="b.right", at_least=0.0, resampled="images")
    with pytest.raises(ArchdynError, match="compares a.right with b.right, which are of other images"):
        measure(test, Values(NUMBERS.seeds, [table, other]))


def test_a_verdict_is_recomputed_under_every_choice():
    choices = {"another cut-off": {"metric": "even.modes"}, "a lower bound": {"at_least": 8.0}}
    row = judged([claim(TRUE | {"choices": choices})])[0].iloc[0]
    assert row["robust"] == "89% of 9 (2 own)"  # the choices, four seeds, three levels
    assert row["flip"] == "modes, another cut-off: inconclusive"
    row = judged([claim(TRUE)])[0].iloc[0]
    assert row["robust"] == "100% of 7 (0 own)"
    low = judged([claim(TRUE)])[1].at[0, "low"]
    assert row["flip"] == f"none of them; modes would be undecided with a bound of {low:.2f}"


def test_choices_of_both_protocols_count_though_they_have_one_name():
    choices = {"choices": {"a lower bound": {"at_least": 8.0}}}
    row = judged([claim(TRUE | choices, TRUE | choices)])[0].iloc[0]
    assert row["robust"] == "100% of 9 (2 own)"  # and four seeds, three levels
    turned = {"choices": {"a lower bound": {"at_least": 9.9}}}
    assert (
        judged([claim(TRUE | choices, TRUE | turned)])[0].at[0, "flip"].startswith("modes, corrected, a lower bound: ")
    )


def test_a_test_of_one_training_keeps_it_where_others_leave_a_seed_out():
    table = pd.DataFrame({"condition": "a", "seed": 0, "image": range(100), "right": np.arange(100) < 91})
    fixed = rule_test(metric="a.right", at_least=0.5, resampled="nothing")
    row = judged([claim(TRUE) | {"corrected": [fixed]}], Values(NUMBERS.seeds, [table], PUBLISHED))[0].iloc[0]
    assert row["robust"] == "100% of 6 (0 own)"  # seeds 1, 2 and 3, three levels


def test_what_a_shorter_training_never_reached_is_not_testable_there():
    early = TRUE | {"metric": "good.modes_epoch4"}
    row = judged([claim(early)], reasons={"it": "needs 4 epochs"})[0].iloc[0]
    assert (row["verdict"], row["note"], row["robust"]) == ("not testable here", "needs 4 epochs", "–")
    assert "not reached" in row["published"]
    with pytest.raises(ArchdynError, match="the claim it rests on good.modes_epoch4"):
        judged([claim(early)])


def test_a_choice_may_turn_the_relation_and_a_missing_one_is_an_error():
    row = judged([claim(TRUE | {"choices": {"the reverse": {"at_most": 9.0}}})])[0].iloc[0]
    assert row["flip"] == "modes, the reverse: does not hold"
    with pytest.raises(ArchdynError, match="the claim it rests on good.no_such"):
        judged([claim(TRUE | {"choices": {"x": {"metric": "good.no_such"}}})], reasons={"it": "too small"})


def write(folder, *claims: dict) -> str:
    path = folder / "claims.yaml"
    path.write_text(yaml.safe_dump({"claims": claims}))
    return str(path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"verdict": "holds"}, "claims[0].verdict, from {}: unknown key; allowed: id, where"),
        ({"published": [rule_test(metric="a.b", at_mots=1)]}, "did you mean at_most?"),
        ({"published": [rule_test(metric="a.b")]}, "found no relation; allowed: one of at_least, at_most, near"),
        ({"published": [rule_test(metric="a.b", at_most=1, at_least=0)]}, "found at_least and at_most"),
        ({"published": [rule_test(metric="a.b", near=1)]}, "near and within go together"),
        ({"published": [rule_test(metric="modes", at_most=1)]}, 'metric, from {}: found "modes"; allowed'),
        ({"published": [rule_test(metric="a.b", effect="ratio", at_most=1)]}, "found ratio; allowed: a difference"),
        ({"published": [rule_test(metric="a.b", at_most=1, resampled="draws")]}, "resampled, from {}: found"),
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
    config = checked_config(read_yaml(SHIPPED), [SHIPPED]).model_dump()
    kind = {"resnet": Resnet, "vit": Vit}.get(experiment, Experiment)
    assert untestable(claims, kind(experiment, config).needed()) == {}


@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_the_rules_are_sealed(experiment):
    path = f"config/claims/{experiment}.yaml"
    check_sealed(read_claims(ROOT / path), read_seals(ROOT / f"config/claims/sealed/{experiment}.yaml"), path)


NONE = Seals({"demo": "2026-01-02"}, {})


def seal(claims: list[dict], seals: Seals, now: str, commit: str | None = None) -> Seals:
    return sealed(claims, seals, now, "a reason", lambda digest: commit)


def test_a_changed_rule_is_refused_until_it_is_sealed_anew():
    first = seal([claim(TRUE)], NONE, "2026-01-01")
    check_sealed([claim(TRUE)], first, "x.yaml")
    changed = [claim(TRUE | {"at_least": 8.9})]
    with pytest.raises(
        ArchdynError, match='x.yaml: it differ from what is sealed; allowed: run archdyn seal --why "RE'
    ):
        check_sealed(changed, first, "x.yaml")
    check_sealed(changed, seal(changed, first, "2026-01-03", "abc"), "x.yaml")


def test_only_changes_after_the_data_are_amendments():
    changed, again = [claim(TRUE | {"at_least": 8.9})], [claim(TRUE | {"at_least": 8.8})]
    seals = seal([claim(TRUE)], NONE, "2026-01-01T00:00:00")
    seals = seal(changed, seals, "2026-01-01T12:00:00", "abc")
    assert rules(changed, seals, "demo")["it"]["amended"] == "–"
    assert amendments(changed, seals, "demo") == []
    seals = seal(again, seals, "2026-01-03T00:00:00", "def")
    found = rules(again, seals, "demo")["it"]
    assert (found["version"], found["amended"]) == (3, "amended after the data")
    assert found["hash"] == rule_hash(rule_text(again[0]))
    (amendment,) = amendments(again, seals, "demo")
    assert "at_least: 8.9" in amendment["old"]
    assert "at_least: 8.8" in amendment["new"]
    assert amendments(again, seals, "another run") == [amendment]  # whoever changed it had seen the demo's


def test_a_rule_written_after_the_data_says_so_and_a_withdrawn_one_stays():
    late = seal([claim(TRUE)], NONE, "2026-01-03")
    assert rules([claim(TRUE)], late, "demo")["it"]["amended"] == "written after the data"
    assert rules([claim(FALSE)], late, "demo")["it"] | {"hash": ""} == {
        "hash": "",
        "version": None,
        "amended": "not sealed",
    }
    (gone,) = amendments([], late, "demo")
    assert (gone["claim"], gone["why"], gone["new"]) == ("it", "withdrawn", "")


def test_a_version_that_no_commit_has_is_replaced_and_its_commit_filled_in_later():
    seals = seal([claim(TRUE | {"at_least": 8.9})], seal([claim(TRUE)], NONE, "2026-01-01"), "2026-01-02")
    assert [version.version for version in seals.rules["it"]] == [1]
    seals = seal([claim(TRUE | {"at_least": 8.9})], seals, "2026-01-03", "abc")
    assert [(version.sealed, version.commit) for version in seals.rules["it"]] == [("2026-01-02", "abc")]
