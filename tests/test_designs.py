"""Factorial designs: what they stand for, what they cost, and the effects that come out of them."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
import yaml
from matplotlib.figure import Figure
from scipy.stats import t, ttest_ind

from archdyn.config import checked_config
from archdyn.data.contracts import check_tables
from archdyn.designs import figures as plots
from archdyn.designs.effects import design_effects, run_values
from archdyn.designs.settings import Designs
from archdyn.designs.sizes import effects_by_size
from archdyn.errors import ArchdynError
from archdyn.experiments.vit.masks import chosen_masks
from archdyn.settings.check import CONFIG_FOLDER
from archdyn.settings.common import merged_condition
from archdyn.settings.read import read_yaml

SMALL = {
    "about": "Small.",
    "conditions": ["vanishing_corrected"],
    "changes": {"loss_on": "probabilities"},
    "factors": {"g_loss": ["minimax_wrong_sign", "minimax", "non_saturating"], "d_steps": [5, 1]},
    "seeds": [0, 1],
    "outcomes": {"modes_covered": "difference"},
}


def gan_block(tmp_path, **designs: dict) -> dict:
    """The GAN's block of the checked config, with these designs alone."""
    config = read_yaml(CONFIG_FOLDER / "config.yaml")
    config["gan"]["designs"] = designs
    file = tmp_path / "mine.yaml"
    file.write_text(yaml.safe_dump({"run": "mine", "gan": {"designs": designs}}))
    return checked_config(config, [file]).model_dump()["gan"]


def named(block: dict) -> dict[str, dict]:
    return {name: merged_condition(block, name) for name in block["conditions"]}


def expanded(tmp_path, **designs: dict) -> Designs:
    block = gan_block(tmp_path, **designs)
    return Designs(block["designs"], named(block))


def test_every_combination_is_a_condition_and_named_ones_keep_their_name(tmp_path):
    designs = expanded(tmp_path, mine=SMALL)
    found = {run.condition: (run.levels["g_loss"], run.levels["d_steps"]) for run in designs.combinations["mine"]}
    assert found == {
        "vanishing_published": ("minimax_wrong_sign", "5"),
        "vanishing_corrected,d_steps=1,g_loss=minimax_wrong_sign,loss_on=probabilities": ("minimax_wrong_sign", "1"),
        "vanishing_corrected,loss_on=probabilities": ("minimax", "5"),
        "vanishing_corrected,d_steps=1,loss_on=probabilities": ("minimax", "1"),
        "vanishing_corrected,g_loss=non_saturating,loss_on=probabilities": ("non_saturating", "5"),
        "vanishing_corrected,d_steps=1,g_loss=non_saturating,loss_on=probabilities": ("non_saturating", "1"),
    }
    assert designs.settings["vanishing_corrected,d_steps=1,loss_on=probabilities"]["d_steps"] == 1
    assert "vanishing_published" not in designs.settings


def test_a_design_that_grows_or_shares_runs_names_them_as_before(tmp_path):
    grown = SMALL | {"factors": SMALL["factors"] | {"real_label": ["1e0", 0.9]}}
    other = SMALL | {"conditions": ["vanishing_published"]}
    before = expanded(tmp_path, mine=SMALL).settings
    after = expanded(tmp_path, mine=SMALL, grown=grown, other=other)
    assert before.items() <= after.settings.items()
    assert len(after.combinations["grown"]) == 12
    assert {run.condition for run in after.combinations["other"]} == {
        run.condition for run in after.combinations["mine"]
    }


def test_several_conditions_are_the_levels_of_a_factor_and_levels_may_be_blocks(tmp_path):
    rates = {"slow": {"learning_rate_d": 1e-4, "learning_rate_g": 1e-4}, "own": {"learning_rate_d": 2.0e-4}}
    mine = SMALL | {"conditions": ["overfit", "overfit_dropout"], "factors": {"rates": rates, "images": [500, None]}}
    designs = expanded(tmp_path, mine=mine)
    assert designs.factors("mine") == {
        "condition": ["overfit", "overfit_dropout"],
        "rates": ["slow", "own"],
        "images": ["500", "null"],
    }
    assert designs.settings["overfit_dropout,images=null"]["images"] is None
    slow = designs.settings["overfit,images=500,learning_rate_g=0.0001,learning_rate_d=0.0001"]
    assert (slow["learning_rate_g"], slow["dropout"]) == (1e-4, 0)


def test_a_single_level_is_held_and_is_no_factor(tmp_path):
    factors = SMALL["factors"] | {"real_label": [0.9]}
    designs = expanded(tmp_path, mine=SMALL | {"factors": factors})
    assert list(designs.factors("mine")) == ["g_loss", "d_steps"]
    assert all(settings["real_label"] == 0.9 for settings in designs.settings.values())
    assert len(designs.settings) == 6


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"factors": {"g_los": ["minimax"]}}, "factors.g_los, from mine.yaml: unknown setting g_los"),
        ({"factors": {"d_steps": [5, 0]}}, "factors.d_steps, from mine.yaml: found 0 for d_steps"),
        ({"factors": {"d_steps": [5, 5]}}, "no repeats"),
        ({"factors": {"d_steps": [1, 2], "steps": {"many": {"d_steps": 9}}}}, "sets d_steps, as d_steps does"),
        ({"changes": {"images": 1}}, "changes, from mine.yaml: found 1 for images"),
        ({"conditions": ["mitigate"]}, 'conditions, from mine.yaml: found "mitigate"; allowed: baseli'),
        ({"seeds": [0]}, "seeds, from mine.yaml: found [0]; allowed: a list, at least 2 entr"),
        (
            {"scale": {"along": "images", "report": 1, "expects": "rise"}},
            "scale.along, from mine.yaml: found images; allowed: a factor whose levels are numbers",
        ),
        (
            {"scale": {"along": "d_steps", "report": 1, "expects": "rise"}},
            "scale, from mine.yaml: beside d_steps there must be one factor, of two levels",
        ),
    ],
)
def test_a_fault_is_one_line_that_names_the_key(tmp_path, monkeypatch, changes, message):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ArchdynError) as error:
        gan_block(tmp_path, mine=SMALL | changes)
    assert message in str(error.value) and "\n" not in str(error.value)


FACTORS = {"a": ["a1", "a2", "a3"], "b": ["b1", "b2"], "c": ["c1", "c2"]}


def planted(noise: float, seeds: int, rng: np.random.Generator) -> pd.DataFrame:
    """a2 adds 3, a3 subtracts 1, b2 adds 2 and at a3 another 4, c2 nothing; every seed has a level of its own."""
    rows = []
    for (a, b, c), seed in product(product(*FACTORS.values()), range(seeds)):
        value = 3 * (a == "a2") - (a == "a3") + 2 * (b == "b2") + 4 * (a == "a3" and b == "b2") + 10 * seed
        spread = noise * (3 if a == "a2" else 1)  # as where a game is unstable in some cells only
        rows.append({"a": a, "b": b, "c": c, "seed": seed, "value": value + spread * rng.standard_normal()})
    return pd.DataFrame(rows)


def found(effects: pd.DataFrame) -> dict[tuple[str, str], float]:
    return {(row.term, row.contrast): row.effect for row in effects.itertuples()}


def test_planted_effects_and_interactions_come_out_exactly_without_noise():
    effects = design_effects(planted(0, 3, np.random.default_rng(0)), FACTORS, "score", "difference")
    values = found(effects)
    assert values["a", "a1 → a2"] == pytest.approx(3)
    assert values["a", "a1 → a3"] == pytest.approx(-1 + 4 / 2)
    assert values["b", "b1 → b2"] == pytest.approx(2 + 4 / 3)
    assert values["c", "c1 → c2"] == pytest.approx(0, abs=1e-9)
    assert values["a × b", "a1 → a3, b1 → b2"] == pytest.approx(4)
    assert values["a × b", "a1 → a2, b1 → b2"] == pytest.approx(0, abs=1e-9)
    main = effects.set_index("contrast").loc["b1 → b2"]
    assert main["to_mean"] - main["from_mean"] == pytest.approx(2 + 4 / 3)
    assert len(effects) == 4 + 5


def test_ratios_are_factors_on_the_geometric_mean():
    runs = planted(0, 2, np.random.default_rng(0)).assign(value=lambda rows: np.where(rows["b"] == "b2", 8.0, 2.0))
    effects = design_effects(runs, FACTORS, "score", "ratio").set_index("contrast")
    assert tuple(effects.loc["b1 → b2", ["effect", "from_mean", "share"]]) == pytest.approx((4, 2, 1))
    assert effects.at["a1 → a2", "effect"] == pytest.approx(1)


def test_intervals_hold_the_planted_effects_and_false_discoveries_are_few():
    """Over 40 planted worlds; of the contrasts without any effect, 5% at most are found."""
    rng, truth, held, wrong, all_found = np.random.default_rng(1), 2 + 4 / 3, 0, 0, 0
    for _ in range(40):
        effects = design_effects(planted(1.0, 3, rng), FACTORS, "score", "difference")
        main = effects.set_index("contrast").loc["b1 → b2"]
        held += main["low"] <= truth <= main["high"]
        reach = t.ppf((1 + main["level"]) / 2, main["df"]) * main["se"]
        assert (main["effect"] - reach, main["effect"] + reach) == pytest.approx((main["low"], main["high"]))
        is_found = (effects["low"] > 0) | (effects["high"] < 0)
        wrong += (is_found & effects["term"].isin(["c", "a × c", "b × c"])).sum()
        all_found += is_found.sum()
    assert held >= 35
    assert wrong / all_found < 0.05


@pytest.mark.parametrize("last_bits", [0, 2])
def test_an_outcome_that_never_changes_has_no_effect(last_bits):
    runs = planted(0, 3, np.random.default_rng(0))
    rounding = np.random.default_rng(0).integers(0, last_bits + 1, len(runs)) * np.spacing(0.7)
    for never in (0.7 + rounding, runs["seed"]):  # at all, or but for what the seed explains
        effects = design_effects(runs.assign(value=never), FACTORS, "score", "difference")
        assert effects[["effect", "low", "high", "share"]].to_numpy() == pytest.approx(0, abs=1e-9)
        assert (effects["p"] == 1).all()


def test_runs_are_looked_up_by_condition_and_seed():
    rows = pd.DataFrame(
        [("gan", name, seed, "score", value) for name, seed, value in (("x", 0, 1.0), ("x", 1, 2.0), ("y", 0, 3.0))],
        columns=["experiment", "condition", "seed", "metric", "value"],
    )
    combinations = [{"condition": "y", "levels": {"a": "a1"}}, {"condition": "x", "levels": {"a": "a2"}}]
    runs = run_values(rows, combinations, [0], "score", "ratio")
    assert runs.to_dict("records") == [{"a": "a1", "seed": 0, "value": 3.0}, {"a": "a2", "seed": 0, "value": 1.0}]
    with pytest.raises(ArchdynError, match="found no metric modes; allowed: score"):
        run_values(rows, combinations, [0], "modes", "ratio")
    with pytest.raises(ArchdynError, match="found 0 as score of a run, which has no ratio; allowed: difference"):
        run_values(rows.assign(value=0.0), combinations, [0], "score", "ratio")


def sized(gaps: dict[int, float], noise: float, rng: np.random.Generator) -> pd.DataFrame:
    """Four trainings of either setting at each size; a seed of one name is another training under another setting."""
    rows = [
        {"condition": condition, "images": str(size), "seed": seed, "value": 9 + (condition == "with") * gap}
        for (size, gap), seed, condition in product(gaps.items(), range(4), ("without", "with"))
    ]
    return pd.DataFrame(rows).assign(value=lambda table: table["value"] + noise * rng.standard_normal(len(table)))


def by_size(runs: pd.DataFrame, scale: str = "difference") -> pd.DataFrame:
    return effects_by_size(runs, "condition", ["without", "with"], "images", "rise", "score", scale).set_index("size")


def test_a_claim_holds_from_the_size_on_where_its_effect_is_planted():
    table = by_size(sized({32000: 2, 500: -2, 2000: 0, 8000: 2}, 0.2, np.random.default_rng(0)))
    assert table.index.tolist() == [500, 2000, 8000, 32000]
    assert table["decision"].tolist() == ["fails", "undecided", "holds", "holds"]
    assert (table["holds_from"] == 8000).all()
    assert table.at[8000, "effect"] == pytest.approx(2, abs=0.3)
    assert table.at[8000, "low"] < 2 < table.at[8000, "high"]


@pytest.mark.parametrize("name", ["loss_by_images", "annealing_by_epochs", "starts"])
def test_the_effects_of_a_design_pass_whatever_its_name_ends_in(tmp_path, name):
    path = tmp_path / f"gan/metrics/design_{name}.csv"
    path.parent.mkdir(parents=True)
    by_size(sized({500: 0, 2000: 2}, 0.2, np.random.default_rng(0))).reset_index().to_csv(path, index=False)
    check_tables([path])


def test_one_wide_interval_leaves_the_others_to_be_seen():
    """Of few seeds that differ much: it ends in an arrow at the axis, which the other effects fill."""
    effects = pd.DataFrame({"effect": [2.0, 0.5, 4.0], "low": [1.5, 1e-8, 3.0], "high": [2.5, 1e20, 5.0]})
    effects = effects.assign(outcome="score", scale="ratio", kind="main", term="a", contrast="b")
    figure = Figure()
    plots.effects_by_outcome(figure, effects)
    (axes,) = figure.axes
    left, right = axes.get_xlim()
    assert 0.01 < left < 0.5 and 5 < right < 100
    assert {line.get_marker() for line in axes.lines} >= {"<", ">"}


def test_an_effect_that_ends_at_the_largest_size_holds_from_nowhere():
    table = by_size(sized({500: 2, 2000: 2, 8000: 0}, 0.2, np.random.default_rng(0)))
    assert table["decision"].tolist() == ["holds", "holds", "undecided"]
    assert table["holds_from"].isna().all()


def test_an_effect_by_size_is_welchs_and_ratios_are_of_geometric_means():
    runs = sized({500: 2, 2000: 2}, 0.2, np.random.default_rng(0))
    first = runs[runs["images"] == "500"]
    sides = [first.loc[first["condition"] == name, "value"] for name in ("with", "without")]
    expected = ttest_ind(*sides, equal_var=False)
    assert tuple(by_size(runs).loc[500, ["low", "high"]]) == pytest.approx(tuple(expected.confidence_interval(0.95)))
    ratios = by_size(runs.assign(value=np.where(runs["condition"] == "with", 9, 1) * (1.0 + runs["seed"])), "ratio")
    assert ratios["effect"].tolist() == pytest.approx([9, 9])
    same = by_size(runs.assign(value=np.where(runs["condition"] == "with", 9.0, 1.0)))
    assert same["low"].isna().all()  # of seeds that do not differ at all, no spread is known
    assert (same["decision"] == "undecided").all()


def test_masks_lie_where_they_should_and_hide_what_they_should():
    detail = np.random.default_rng(0).permuted(np.tile(np.arange(49.0), (6, 1)), axis=1)
    rows, columns = np.divmod(np.arange(49), 7)
    outwards = np.maximum(abs(rows - 3), abs(columns - 3))
    centre = chosen_masks(detail, "centre", 0.3, "any", seed=1)
    edge = chosen_masks(detail, "edge", 0.3, "any", seed=1)
    assert (centre.sum(1) == 14).all() and (edge.sum(1) == 14).all()
    assert not (centre & edge).any()
    assert outwards[centre[0]].max() <= outwards[edge[0]].min()
    assert (
        chosen_masks(detail, "anywhere", 0.3, "any", seed=1) != chosen_masks(detail, "anywhere", 0.3, "any", 2)
    ).any()
    assert (np.sort(detail[chosen_masks(detail, "anywhere", 0.3, "plain", 0)].reshape(6, 14)) == np.arange(14)).all()
    detailed = chosen_masks(detail, "centre", 0.1, "detailed", 0)
    allowed = np.where(chosen_masks(detail, "centre", 0.5, "any", 0), detail, -1)
    assert (detail[detailed].reshape(6, 4).max(1) >= allowed.max(1)).all()


def test_the_designs_of_the_smoke_run_have_effects_and_a_paragraph(smoke_run):
    results = smoke_run.folder / "results/smoke"
    effects = pd.read_csv(results / "gan/metrics/design_losses.csv")
    assert set(effects["outcome"]) == {"grad_norm_g_last", "digits_covered"}
    assert (effects["runs"] == 4).all()
    assert len(pd.read_csv(results / "vit/metrics/design_masks.csv")) == 2 * (5 + 9)
    page = (results / "audit/content.json").read_text(encoding="utf-8")
    assert "## Does the loss matter to the gradient?" in page
