"""Claims: each verdict on synthetic numbers, the ledger of rules, and one-line errors for what cannot be decided."""

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
    NOT_REPRODUCED,
    PUBLISHED_ONLY,
    REPRODUCED,
    TOO_FEW,
    UNDECIDED,
    UNTESTABLE,
    judge,
    least_p,
)
from archdyn.claims.judge import test_table, verdict_table
from archdyn.claims.read import designs, read_claims, untestable
from archdyn.claims.values import Values
from archdyn.config import SHIPPED, checked_config
from archdyn.data.contracts import check_tables
from archdyn.errors import ArchdynError
from archdyn.measures.tidy import per_image
from archdyn.settings.check import CONFIG_FOLDER
from archdyn.settings.read import read_yaml
from archdyn.workflow import ledger
from archdyn.workflow.experiment import Experiment
from archdyn.workflow.experiments import Resnet, Vit
from archdyn.workflow.ledger import (
    LEDGER,
    Ledger,
    check_sealed,
    claim_files,
    read_ledger,
    rule_hash,
    rules,
    write_ledger,
)

EXPERIMENTS = [path.stem for path in claim_files()]
KINDS = {"resnet": Resnet, "vit": Vit}
test_table.__test__ = False  # a table of tests, not a test


def values(**metrics) -> Values:
    """Of seeds 0, 1, ...; each metric as `condition__metric=[values]`."""
    rows = [(*name.split("__"), seed, value) for name, found in metrics.items() for seed, value in enumerate(found)]
    return Values(pd.DataFrame(rows, columns=["condition", "metric", "seed", "value"]))


NUMBERS = values(
    bad__modes=[1.0, 1.1, 0.9, 1.0],
    good__modes=[9.8, 9.9, 9.8, 9.7],
    even__modes=[9.0, 9.3, 8.8, 9.1],
    one__modes=[5.0],
    same__modes=[10.0, 10.0, 10.0, 10.0],
    zero__modes=[0.0, 0.1, 0.2, 0.1],
    below__modes=[-0.1, 0.1, 0.2, 0.1],
    none__share=[0.0, 0.0, 0.0, 0.0],
    six__digits=[10, 10, 9, 10, 10, 10],
    five__digits=[10, 10, 9, 4, 10, 10],
    three__digits=[10, 10, 10],
    good__share=[0.96, 0.97, 0.95, 0.99],
)


def rule_test(**changes) -> dict:
    return {"what": "modes", "because": "it says so", "over": "seeds", "at_least": 9.0} | changes


def claim(*tests: dict, **changes) -> dict:
    found = {"id": "it", "where": "Table 1", "claim": "It is so.", "needs": {"dataset": "mnist"}}
    return found | ({"tests": [rule_test(**test) for test in tests]} if tests else {}) | changes


def judged(claims: list[dict], numbers: Values = NUMBERS, reasons: dict | None = None):
    found = judge(claims, numbers, reasons or {})
    least = least_p(found)
    return verdict_table("gan", found, least, {one["id"]: "–" for one in claims}), test_table("gan", found, least)


def verdict(*tests: dict, numbers: Values = NUMBERS) -> str:
    return judged([claim(*tests)], numbers)[0].at[0, "verdict"]


TRUE, FALSE, UNSURE = "good.modes", "bad.modes", "even.modes"


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ({"published": TRUE}, HOLDS),
        ({"published": TRUE, "corrected": TRUE}, HOLDS),
        ({"published": TRUE, "corrected": FALSE}, PUBLISHED_ONLY),
        ({"published": FALSE, "corrected": TRUE}, CORRECTED_ONLY),
        ({"published": FALSE}, FAILS),
        ({"corrected": FALSE}, FAILS),
        ({"published": FALSE, "corrected": FALSE}, FAILS),
        ({"published": UNSURE}, INCONCLUSIVE),
        ({"published": TRUE, "corrected": UNSURE}, INCONCLUSIVE),
        ({"published": FALSE, "corrected": UNSURE}, INCONCLUSIVE),
        ({"published": "one.modes"}, UNTESTABLE),  # one training
        ({"published": f"one.modes - {TRUE}", "at_least": -100}, UNTESTABLE),  # beside four
        ({"published": "same.modes"}, INCONCLUSIVE),  # no spread is no certainty
        ({"published": f"{TRUE} - {FALSE}", "at_least": 8.0}, HOLDS),
        ({"published": f"{TRUE} / {FALSE}", "at_least": 8.0}, HOLDS),
        ({"published": f"{TRUE} / zero.modes", "at_least": 100}, INCONCLUSIVE),  # of which one is 0
        ({"published": "none.share / good.share", "at_most": 0.1, "at_least": 0, "scale": "share"}, HOLDS),
        ({"published": TRUE, "at_most": 9.5}, FAILS),  # between 9 and 9.5
        ({"published": "good.share", "at_least": 0.9, "scale": "share"}, HOLDS),
        ({"published": "six.digits", "over": "each training"}, HOLDS),
        ({"published": "five.digits", "over": "each training"}, INCONCLUSIVE),
        ({"published": "six.digits", "over": "each training", "at_least": 11}, FAILS),
        ({"published": "three.digits", "over": "each training"}, UNTESTABLE),
        ({"published": f"{TRUE} / {FALSE}", "over": "nothing", "at_least": 9.7}, HOLDS),
        ({"published": f"{TRUE} / {FALSE}", "over": "nothing"}, HOLDS),
    ],
)
def test_each_verdict(found, expected):
    assert verdict(found) == expected


def test_a_claim_that_the_run_cannot_test_says_why():
    row = judged([claim({"published": TRUE})], reasons={"it": "epochs: 2 of 20"})[0].iloc[0]
    assert (row["verdict"], row["note"]) == (UNTESTABLE, "epochs: 2 of 20")
    assert judged([claim({"published": "one.modes"})])[0].at[0, "note"] == "trainings: 1 of 3"


def test_all_tests_must_hold_and_one_that_fails_decides():
    assert verdict({"published": TRUE}, {"published": UNSURE}) == INCONCLUSIVE
    assert verdict({"published": TRUE}, {"published": UNSURE}, {"published": FALSE}) == FAILS


def test_a_claim_with_many_tests_fails_no_sooner_than_with_one():
    """A failure of p = 0.02 decides alone, and not as one of five tests."""
    late = values(late__modes=[8.0, 8.8, 8.1, 8.6, 8.3, 8.9], good__modes=[9.8, 9.9, 9.8, 9.7])
    failing = {"published": "late.modes", "at_least": 8.9}
    found = judge([claim(failing)], late, {})[0]
    assert 0.01 < found.p_values("published")[1] < 0.05
    assert verdict(failing, numbers=late) == FAILS
    assert verdict(failing, *[{"published": TRUE}] * 4, numbers=late) == INCONCLUSIVE


def test_the_family_is_of_claims_so_rows_of_a_table_and_pages_turn_no_verdict():
    found = judge([claim({"published": UNSURE}), claim({"published": TRUE}, id="other")], NUMBERS, {})
    many = judge([claim({"published": UNSURE}), claim(*[{"published": TRUE}] * 30, id="other")], NUMBERS, {})
    assert least_p(found) == least_p(many) == pytest.approx(0.025)
    alone = judge([claim({"published": "one.modes"})], NUMBERS, {})  # has no part in it, nor what is not tested
    assert least_p(found + alone + judge([claim({"published": TRUE})], NUMBERS, {"it": "too small"})) == least_p(found)


def test_the_rows_show_what_was_found():
    verdicts, tests = judged([claim({"published": TRUE, "corrected": UNSURE, "unit": "digits"})])
    row = verdicts.iloc[0]
    assert row["published"].startswith("holds: modes: 9.80 [9.")
    assert row["measured"].startswith("modes: 9.05 [")  # on which the verdict hangs
    assert (row["n"], row["bound"], row["because"]) == ("4 trainings", "at least 9.00", "it says so")
    assert list(tests["decision"]) == [MET, UNDECIDED]
    assert tests.at[0, "values"] == "9.8 9.9 9.8 9.7"
    assert tests.at[0, "low"] < tests.at[0, "effect"] < tests.at[0, "high"]


def test_k_of_n_is_said_as_such_with_every_trainings_number():
    verdicts, tests = judged([claim({"published": "five.digits", "over": "each training"})])
    row = tests.iloc[0]
    assert (row["k"], row["n_seeds"], row["bound"], row["values"]) == (5, 6, 9, "10 10 9 4 10 10")
    assert row["effect"] == pytest.approx(5 / 6)
    assert verdicts.at[0, "measured"] == "modes in 5 of 6 trainings"


@pytest.mark.parametrize(
    ("test", "inside", "beyond"),
    [
        ({"published": TRUE}, -1e-6, 1e-6),
        ({"published": FALSE}, 1e-6, -1e-6),
        ({"published": TRUE, "at_least": -math.inf, "at_most": 12.0}, 1e-6, -1e-6),
        ({"published": "six.digits", "over": "each training", "at_least": 8}, 0, 0.5),
        ({"published": "six.digits", "over": "each training", "at_least": 11}, 1, 0),
    ],
)
def test_a_verdict_flips_at_the_bound_that_is_said(test, inside, beyond):
    relation = "at_most" if "at_most" in test else "at_least"
    test = {key: value for key, value in test.items() if value != -math.inf}

    def found(**changes):
        (one,) = judge([{**claim(test), "tests": [{**_only(rule_test(**test), relation), **changes}]}], NUMBERS, {})
        return one.of_trial(one.trials[0], 0.05)

    before, flips_at = found()
    assert before != UNDECIDED
    assert found(**{relation: flips_at + inside})[0] == before
    assert found(**{relation: flips_at + beyond})[0] != before


def _only(test: dict, relation: str) -> dict:
    return {key: value for key, value in test.items() if key not in {"at_least", "at_most"} - {relation}}


@pytest.mark.parametrize(
    ("test", "message"),
    [
        ({"published": "good.no_such"}, "the claim it rests on good.no_such, which metrics/all.csv does not have"),
        ({"published": "good.modes - good.no_such"}, "the claim it rests on good.no_such"),
        ({"published": "good.modes", "over": "images"}, "which no metrics/*_images.csv has"),
        ({"published": "good.modes", "over": "permutations"}, "the claim it rests on good.modes_p"),
        ({"published": "good.modes / below.modes"}, "rests on below.modes, found -0.1 to 0.2; allowed: 0 to inf"),
        ({"published": "good.modes", "scale": "share"}, "rests on good.modes, found 9.7 to 9.9; allowed: 0 to 1"),
    ],
)
@pytest.mark.parametrize("reason", [None, "too small"])
def test_a_missing_or_impossible_number_is_an_error_and_never_a_pass(test, message, reason):
    with pytest.raises(ArchdynError) as error:
        judged([claim(test)], reasons={"it": reason} if reason else {})
    assert message in str(error.value)


def test_a_metric_that_is_not_a_number_is_an_error():
    with pytest.raises(ArchdynError, match="the claim it rests on a.b, which is not finite"):
        judged([claim({"published": "a.b"})], values(a__b=[1.0, math.nan, 2.0]))


@pytest.mark.parametrize(
    "test",
    [
        {"published": "good.modes_epoch4"},
        {"published": "left_out.modes"},
        {"published": "left_out.right", "over": "images"},
        {"published": "design d: modes, loss a → b"},
    ],
)
def test_an_epoch_a_condition_or_a_design_that_the_run_does_not_have_is_not_testable_there(test):
    row = judged([claim(test)], reasons={"it": "too small"})[0].iloc[0]
    assert (row["verdict"], row["measured"]) == (UNTESTABLE, "modes: not reached")
    with pytest.raises(ArchdynError, match="the claim it rests on"):
        judged([claim(test)])


def images(**conditions) -> Values:
    """Right or wrong of each image, by condition."""
    tables = [per_image(name, 0, {"right": np.asarray(right)}) for name, right in conditions.items()]
    return Values(NUMBERS.seeds, [pd.concat(tables)])


def test_images_alone_decide_and_are_paired():
    right = np.tile([1, 1, 0, 1], 100)
    numbers = images(a=right, b=np.where(np.arange(400) < 40, 0, right))
    tests = [{"published": "a.right", "at_least": 0.7}, {"published": "a.right - b.right", "at_least": 0.05}]
    verdicts, rows = judged([claim(*(test | {"over": "images"} for test in tests))], numbers)
    assert verdicts.at[0, "verdict"] == HOLDS
    assert list(rows["method"]) == ["Wilson's score", "McNemar's and Tango's score"]
    assert (rows.at[1, "effect"], rows.at[1, "n_images"]) == (30 / 400, 400)


def test_other_images_cannot_be_paired():
    with pytest.raises(ArchdynError, match=r"compares a.right with b.right, which are of other images"):
        judged([claim({"published": "a.right - b.right", "over": "images"})], images(a=[1] * 40, b=[1] * 41))


EFFECTS = pd.DataFrame(
    {"outcome": ["share", "norm"], "scale": ["difference", "ratio"], "term": "loss", "contrast": "a → b"}
    | {"effect": [-0.4, 50.0], "se": [0.05, 0.3], "df": 60.0, "runs": 72}
)


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        ({"corrected": "design d: share, loss a → b", "at_least": -0.2}, FAILS),
        ({"corrected": "design d: norm, loss a → b", "at_least": 10.0}, HOLDS),
        ({"corrected": "design d: norm, loss a → b", "at_least": 40.0}, INCONCLUSIVE),
    ],
)
def test_a_design_decides_a_claim_by_its_effect(test, expected):
    numbers = Values(NUMBERS.seeds, designs={"d": EFFECTS})
    verdicts, tests = judged([claim(test)], numbers)
    assert (verdicts.at[0, "verdict"], verdicts.at[0, "n"]) == (expected, "72 runs of the design d")
    assert tests.at[0, "low"] < tests.at[0, "effect"] < tests.at[0, "high"]
    with pytest.raises(ArchdynError, match="which the design d does not have"):
        judged([claim({"corrected": "design d: share, loss a → c"})], numbers)


PRINTED = {"table": "table1", "because": "like with like", "columns": {"D": "it.d_epoch{row}"}, "rows": ["1", "20"]}


def value_claim(**changes) -> dict:
    return claim(printed=PRINTED | changes)


def runs(n: int, shift: float = 0.0) -> Values:
    """n trainings whose numbers of epochs 1 and 20 go together, and a report's run that is off by `shift` sd."""
    rng = np.random.default_rng(n)
    level = rng.standard_normal(n)
    found = values(it__d_epoch1=level, it__d_epoch20=level + 0.5 * rng.standard_normal(n))
    printed = pd.DataFrame({"epoch": ["1", "20"], "D": [f"{shift:.2f}", f"{shift:.2f}"]})
    return Values(found.seeds, published={"table1": printed})


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        (runs(20), REPRODUCED),
        (runs(20, 5), NOT_REPRODUCED),
        (runs(6), REPRODUCED),
        (runs(6, 5), TOO_FEW),  # the last of seven is no rarity
        (runs(3), TOO_FEW),
        (runs(1), TOO_FEW),
    ],
)
def test_the_reports_run_is_ranked_among_ours(numbers, expected):
    verdicts, tests = judged([value_claim()], numbers)
    assert (verdicts.at[0, "verdict"], verdicts.at[0, "kind"]) == (expected, "value")
    assert len(tests) == 1
    assert len(tests.at[0, "values"].split()) == tests.at[0, "n_seeds"]


def test_ours_are_rounded_as_the_report_prints():
    """.0003 is exchangeable with .00026 to .00034, of which it is none to the last digit of ours."""
    ours = np.linspace(2.6e-4, 3.4e-4, 20)
    printed = pd.DataFrame({"epoch": ["1", "20"], "D": ["0.0003", "0.0003"]})
    numbers = Values(values(it__d_epoch1=ours, it__d_epoch20=ours).seeds, published={"table1": printed})
    assert judged([value_claim()], numbers)[1].at[0, "k"] == 20
    finer = printed.assign(D=["0.0003000", "0.0003900"])
    assert judged([value_claim()], Values(numbers.seeds, published={"table1": finer}))[1].at[0, "k"] == 0


def test_the_rank_errs_no_oftener_than_it_says():
    """Exchangeable runs are called not reproduced one time in twenty, runs of a rare kind seldom reproduced."""
    found = {"like": [], "rare": []}
    rng = np.random.default_rng(0)
    for _ in range(200):
        every = rng.standard_normal((21, 2))
        for kind, shift in (("like", 0.0), ("rare", 4.0)):
            frame = values(it__d_epoch1=every[1:, 0], it__d_epoch20=every[1:, 1]).seeds
            texts = [f"{number:.4f}" for number in every[0] + shift]
            printed = {"table1": pd.DataFrame({"epoch": ["1", "20"], "D": texts})}
            found[kind].append(judged([value_claim()], Values(frame, published=printed))[0].at[0, "verdict"])
    assert found["like"].count(NOT_REPRODUCED) <= 20
    assert found["like"].count(REPRODUCED) >= 120
    assert found["rare"].count(REPRODUCED) <= 10
    assert found["rare"].count(NOT_REPRODUCED) >= 180


@pytest.mark.parametrize(("ours", "expected"), [(0.9152, REPRODUCED), (0.9302, NOT_REPRODUCED)])
def test_a_number_of_the_reports_own_weights_and_images_is_what_it_is(ours, expected):
    printed = pd.DataFrame({"features": ["CLS"], "accuracy": ["91.90"]})
    numbers = Values(values(it__cls=[ours]).seeds, published={"table1": printed})
    rule = value_claim(columns={"accuracy": "it.{row}"}, rows={"CLS": "cls"}, times=100, within=1.0)
    assert judged([rule], numbers)[0].at[0, "verdict"] == expected
    with pytest.raises(ArchdynError, match=r"rests on table1\[CLS\].accurate, which is no number of config/published"):
        judged([rule | {"printed": rule["printed"] | {"columns": {"accurate": "it.{row}"}}}], numbers)


def test_the_tables_keep_their_contract_also_where_nothing_could_be_tested(tmp_path):
    for number, numbers in enumerate((NUMBERS, values(good__modes=[1.0], one__modes=[1.0]))):
        folder = tmp_path / f"run{number}/audit/tables"
        folder.mkdir(parents=True)
        claims = [claim({"published": TRUE}), claim({"published": "one.modes"}, id="other")]
        for name, table in zip(("verdicts", "tests"), judged(claims, numbers), strict=True):
            table.to_csv(folder / f"{name}.csv", index=False)
            check_tables([folder / f"{name}.csv"])


def write(folder, *claims: dict) -> str:
    path = folder / "claims.yaml"
    path.write_text(yaml.safe_dump({"claims": claims}), encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"verdict": "holds"}, "claims[0].verdict, from {}: unknown key; allowed: id, where"),
        ({"tests": [rule_test(published="a.b", at_mots=1)]}, "did you mean at_most?"),
        ({"tests": [_only(rule_test(published="a.b"), "")]}, "found neither at_least nor at_most; allowed: either or"),
        ({"tests": [rule_test()]}, "found neither published nor corrected"),
        ({"tests": [rule_test(published="modes")]}, 'published, from {}: found "modes"; allowed'),
        ({"tests": [rule_test(published="a.b", over="draws")]}, "over, from {}: found"),
        ({"tests": [rule_test(published="a.b / c.d", over="images")]}, "found a.b / c.d over images; allowed: one"),
        ({"tests": [rule_test(published="a.b - c.d", over="each training")]}, "found a.b - c.d over each training"),
        ({"printed": PRINTED}, "allowed: either tests or printed"),
    ],
)
def test_a_wrong_claim_is_one_line(tmp_path, change, message):
    path = write(tmp_path, claim({"published": TRUE}) | change)
    with pytest.raises(ArchdynError) as error:
        read_claims(path)
    assert message.format(path) in str(error.value)
    assert "\n" not in str(error.value)


def test_ids_stand_once(tmp_path):
    with pytest.raises(ArchdynError, match="the claim it stands 2 times"):
        read_claims(write(tmp_path, claim({"published": TRUE}), claim({"published": FALSE})))


BLOCK = {
    "dataset": "mnist",
    "training": {"epochs": 20, "images": None},
    "conditions": {"baseline": {}, "small": {"epochs": 2, "images": 100}},
    "designs": {"on": {"audit": True}, "off": {"audit": False}},
}


@pytest.mark.parametrize(
    ("needs", "design", "reason"),
    [
        ({"dataset": "mnist", "baseline.epochs": 20, "baseline.images": 60000}, "on", None),
        ({"small.epochs": 10}, None, "small.epochs: 2 of 10"),
        ({"small.epochs": 10, "small.images": 60000}, None, "small.epochs: 2 of 10; small.images: 100 of 60000"),
        ({"dataset": "stl10"}, None, "dataset: mnist not stl10"),
        ({"dataset": "mnist"}, "off", "the design off is not in the audit of this run"),
    ],
)
def test_what_a_run_can_test(needs, design, reason):
    metric = f"design {design}: modes, loss a → b" if design else TRUE
    one = claim({"corrected": metric}, needs=needs)
    assert untestable([one], BLOCK) == ({"it": reason} if reason else {})


@pytest.mark.parametrize("of", [claim({"published": "baseline.loss - it.loss"}), claim(printed=PRINTED)])
def test_a_condition_that_is_not_trained_tests_nothing(of):
    conditions = BLOCK["conditions"] | {"it": {"seeds": []}, "other": {"seeds": []}}
    assert untestable([of], BLOCK | {"conditions": conditions}) == {"it": "it is not trained in this run"}


@pytest.mark.parametrize("key", ["baseline.epcohs", "no_such.epochs", "scale"])
def test_a_need_of_an_unknown_setting_is_an_error(key):
    with pytest.raises(ArchdynError, match=f"the claim it needs {key}: there is no such"):
        untestable([claim({"published": TRUE}, needs={key: 1})], BLOCK)
    with pytest.raises(ArchdynError, match="rests on the design other: there is no such design"):
        untestable([claim({"published": "design other: modes, loss a → b"})], BLOCK)


@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_all_claims_can_be_tested_at_the_reports_scale_with_their_designs(experiment):
    claims = read_claims(CONFIG_FOLDER / f"claims/{experiment}.yaml")
    config = checked_config(read_yaml(SHIPPED), [SHIPPED]).model_dump()
    for name in {name for one in claims for name in designs(one)}:
        config[experiment]["designs"][name]["audit"] = True
    assert untestable(claims, KINDS.get(experiment, Experiment)(experiment, config).needed()) == {}


@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_designs_have_the_effects_that_decide(experiment):
    config = checked_config(read_yaml(SHIPPED), [SHIPPED]).model_dump()
    planned = KINDS.get(experiment, Experiment)(experiment, config).designs
    for one in read_claims(CONFIG_FOLDER / f"claims/{experiment}.yaml"):
        for quantity in (test.get("corrected", "") for test in one.get("tests", []) if designs(one)):
            if quantity.startswith("design "):
                name, outcome, term, contrast = quantity.removeprefix("design ").replace(": ", " ").split(" ", 3)
                first, *others = planned.analysed(name)["factors"][term]
                assert outcome.rstrip(",") in planned.analysed(name)["outcomes"]
                assert contrast in [f"{first} → {other}" for other in others]


def test_the_rules_are_sealed():
    check_sealed()


def test_a_changed_rule_is_refused_until_it_is_sealed_and_only_what_changed_can_be(tmp_path, monkeypatch):
    copy = tmp_path / "ledger.yaml"
    copy.write_text(LEDGER.read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setattr(ledger, "LEDGER", copy)
    monkeypatch.setattr(ledger, "rules", lambda: rules() | {"gan.dropout_helps": "changed", "gan.new": "added"})
    with pytest.raises(ArchdynError, match="gan.dropout_helps, gan.new differ from what is sealed; allowed: run arch"):
        check_sealed()
    with pytest.raises(ArchdynError, match="found gan.dropout_hinders; allowed: a changed rule: gan.dropout_helps, "):
        ledger.seal("a slip", ["gan.dropout_hinders"])
    assert ledger.seal("for a reason", ["gan.new"]) == "sealed: gan.new"
    assert ledger.seal("for another", []) == "sealed: gan.dropout_helps"
    check_sealed()
    assert [seal.why for seal in read_ledger(copy).seals[-2:]] == ["for a reason", "for another"]


def test_the_ledger_reads_as_it_was_written(tmp_path):
    write_ledger(tmp_path / "ledger.yaml", read_ledger(LEDGER))
    assert (tmp_path / "ledger.yaml").read_text(encoding="utf-8") == LEDGER.read_text(encoding="utf-8")


EMPTY = Ledger({"gan": {"demo": "2026-01-02"}}, [])
RULE, CHANGED, AGAIN = ({"gan.it": digest} for digest in ("aaa", "bbb", "ccc"))


def sealed(before: Ledger, found: dict, date: str, commit: str | None = "abc") -> Ledger:
    return before.sealed(before.unsealed(found), date, f"why of {date}", lambda digest: commit)


def test_a_hash_is_of_what_decides():
    one = claim({"published": TRUE})
    assert rule_hash(one) == rule_hash(one | {"where": "Table 2"})
    assert rule_hash(one) != rule_hash(claim({"published": TRUE, "at_least": 8.9}))
    assert rule_hash(one) != rule_hash(one | {"whose": "ours"})


def test_only_changes_after_the_data_are_amendments():
    found = sealed(sealed(EMPTY, RULE, "2026-01-01T00"), CHANGED, "2026-01-01T12")
    assert found.amended("gan.it", "bbb", "demo") == "–"
    assert found.changes("gan", "demo") == []
    found = sealed(found, AGAIN, "2026-01-03")
    assert found.amended("gan.it", "ccc", "demo") == "amended after the data"
    assert found.amended("gan.it", "bbb", "demo") == "not sealed"
    (change,) = found.changes("gan", "demo")
    assert (change["claim"], change["what"], change["why"]) == ("it", "amended", "why of 2026-01-03")
    assert found.changes("gan", "another run") == [change]  # whoever changed it had seen the demo's
    assert found.changes("vae", "demo") == []


def test_a_rule_written_after_the_data_says_so_and_a_withdrawn_one_stays():
    found = sealed(EMPTY, RULE, "2026-01-03")
    assert found.amended("gan.it", "aaa", "demo") == "written after the data"
    found = sealed(found, {}, "2026-01-04")
    assert [change["what"] for change in found.changes("gan", "demo")] == ["written", "withdrawn"]
    assert len(sealed(found, {}, "2026-01-05").seals) == 2  # once
