"""Worlds that earlier rules got wrong: each is planted, and the shipped rule is asked for its verdict."""

import re
from types import MappingProxyType

import numpy as np
import pandas as pd
import pytest

from archdyn.claims.decide import (
    CORRECTED_ONLY,
    FAILS,
    HOLDS,
    INCONCLUSIVE,
    PUBLISHED_ONLY,
    UNTESTABLE,
    Judged,
    judge,
)
from archdyn.claims.read import designs, quantities, read_claims
from archdyn.claims.values import Values
from archdyn.experiments.gan.metrics import sample_metrics
from archdyn.experiments.vae.metrics import decoder_metrics, posterior_metrics
from archdyn.measures.generative import ImageSet
from archdyn.measures.tidy import per_image, tidy
from archdyn.settings.check import CONFIG_FOLDER
from archdyn.settings.read import read_yaml
from archdyn.workflow.ledger import claim_files
from test_generative_metrics import NOISE, blobs, classified

SEEDS = 6
RULES = {file.stem: read_claims(file) for file in claim_files()}
EVERY = [pytest.param(one, id=one["id"]) for claims in RULES.values() for one in claims if "tests" in one]
TIDY = pd.DataFrame(columns=["experiment", "condition", "seed", "metric", "value"])


def rule(experiment: str, name: str) -> dict:
    return next(one for one in RULES[experiment] if one["id"] == name)


def planted(claim: dict, by_seed=MappingProxyType({}), by_image=MappingProxyType({}), by_design=None) -> Judged:
    """A shipped rule on planted numbers, by CONDITION.METRIC.

    by_seed: every training's, or one that SEEDS trainings scatter a little around. by_image: of each image, (images,)
    or (seeds, images). by_design: the effect of each term, with a standard error of a tenth.
    """
    rng = np.random.default_rng(0)
    rows = [
        tidy("", name.split(".")[0], seed, {name.split(".", 1)[1]: number})
        for name, numbers in by_seed.items()
        for seed, number in enumerate(np.atleast_1d(numbers) if np.ndim(numbers) else scattered(numbers, rng))
    ]
    images = [
        per_image(name.split(".")[0], seed, {name.split(".")[1]: found})
        for name, numbers in by_image.items()
        for seed, found in enumerate(np.atleast_2d(numbers))
    ]
    by_metric = {table.columns[-1]: None for table in images}
    tables = [pd.concat([table for table in images if table.columns[-1] == metric]) for metric in by_metric]
    values = Values(pd.concat(rows) if rows else TIDY, tables, designs=effects(claim, by_design))
    return judge([claim], values, {})[0]


def scattered(number: float, rng: np.random.Generator) -> np.ndarray:
    return number * (1 + 0.002 * rng.standard_normal(SEEDS))


def effects(claim: dict, by_design: dict) -> dict[str, pd.DataFrame]:
    """The tables of the designs that decide a claim, with one effect each."""
    found = {}
    for quantity in (quantity for quantity in quantities(claim) if quantity.startswith("design")):
        name, outcome, term, contrast = re.fullmatch(r"design (\w+): (\w+), (\w+) (.+)", quantity).groups()
        scale = "ratio" if "norm" in outcome or "distance" in outcome else "difference"
        row = {"outcome": outcome, "term": term, "contrast": contrast, "scale": scale, "effect": by_design[term]}
        found.setdefault(name, []).append(row | {"se": 0.1, "df": 60, "runs": 96})
    return {name: pd.DataFrame(rows) for name, rows in found.items()}


def verdict(experiment: str, claim: str, **worlds) -> str:
    return planted(rule(experiment, claim), **worlds).verdict(0.05)


def right(share: float, n: int = 1000, seeds: int = SEEDS) -> np.ndarray:
    """bool (seeds, n) with nearly that share right, in each seed of other images."""
    return np.random.default_rng(int(1000 * share)).random((seeds, n)) < share


def metrics(claim: dict) -> set[str]:
    return {name for quantity in quantities(claim) for name in re.split(" [-/] ", quantity)}


def is_about_trainings(claim: dict) -> bool:
    over = {test["over"] for test in claim["tests"]}
    return over <= {"each training", "seeds", "seeds and images"} and not designs(claim)


def is_about_a_difference(claim: dict) -> bool:
    """Whether all of it compares trainings of two conditions, and no effect will not do."""
    return not designs(claim) and all(
        test["over"] == "seeds"
        and re.match(r"(\w+)\..* [-/] (?!\1)", test.get("published", test.get("corrected")))
        and not test.get("at_least", -np.inf) <= ("/" in test.get("published", "")) <= test.get("at_most", np.inf)
        for test in claim["tests"]
    )


@pytest.mark.parametrize("claim", [one for one in EVERY if is_about_trainings(one.values[0])])
def test_one_training_only_decides_nothing_that_is_about_trainings(claim):
    rng = np.random.default_rng(1)
    by_image = {name: rng.random((1, 50)) < 0.5 for name in metrics(claim)}
    assert planted(claim, {name: rng.random(1) for name in metrics(claim)}, by_image).verdict(0.05) == UNTESTABLE


@pytest.mark.parametrize("claim", [one for one in EVERY if is_about_a_difference(one.values[0])])
def test_equal_networks_under_two_names_make_no_claim_of_a_difference_hold(claim):
    """Trainings of one distribution, skewed and wide, stand under both names; one claim in twenty may be found."""
    rng = np.random.default_rng(2)
    worlds = [{name: rng.beta(5, 0.5, 10) for name in metrics(claim)} for _ in range(60)]
    assert sum(planted(claim, world).verdict(0.05) == HOLDS for world in worlds) <= 6


COUNTED = ("digit_share", "digits_covered", "largest_image_share", "largest_digit_share")


def drawn(images: np.ndarray) -> dict[str, float]:
    """What is counted of samples in which the classifier, which is always sure, sees one and the same digit."""
    seen = np.repeat(blobs(1, 2).images, len(images), 0)
    found = sample_metrics(ImageSet(images, *classified(seen)), blobs(800, 0), None, 5)
    return {metric: found[metric] for metric in COUNTED}


def world_of(**conditions: dict) -> dict:
    """By CONDITION.METRIC, from what is found of each condition; a whole number is every training's."""
    return {
        f"{name}.{metric}": np.full(SEEDS, number) if metric in COUNTED else number
        for name, found in conditions.items()
        for metric, number in found.items()
    }


@pytest.mark.parametrize(
    ("images", "of_one_image", "of_one_digit"),
    [
        (NOISE, FAILS, FAILS),
        (np.repeat(NOISE[:1], 300, 0), HOLDS, FAILS),
        (np.repeat(blobs(1, 2).images, 300, 0), HOLDS, HOLDS),
    ],
    ids=["noise", "a pattern", "a digit"],
)
def test_white_noise_is_no_collapse_and_a_pattern_is_no_digit(images, of_one_image, of_one_digit):
    """Though the classifier is sure of an 8, in all that it sees."""
    world = world_of(collapse=drawn(images), baseline=drawn(images))
    assert verdict("gan", "collapse_to_one_image", by_seed=world) == of_one_image
    assert verdict("gan", "collapse_to_one_digit", by_seed=world) == of_one_digit
    assert verdict("gan", "baseline_draws_digits", by_seed=world) == of_one_digit
    assert verdict("gan", "baseline_draws_all_digits", by_seed=world) == FAILS


def test_a_collapse_in_half_of_the_trainings_is_undecided():
    share = {"collapse.largest_image_share": np.array([0.97, 0.1, 0.99, 0.95, 0.2, 0.15])}
    assert verdict("gan", "collapse_to_one_image", by_seed=share) == INCONCLUSIVE


def test_steps_that_collapse_a_generator_are_not_its_learning_rates():
    """Five settings differ from the baseline's; the design says which of them does it."""
    claim = "collapse_follows_from_the_setting"
    assert verdict("gan", claim, by_design={"learning_rates": -0.7}) == HOLDS
    assert verdict("gan", claim, by_design={"learning_rates": 0.05}) == FAILS


@pytest.mark.parametrize(
    ("wrong_sign", "minimax", "expected"), [(2e-6, 3e-6, FAILS), (2e-6, 0.02, CORRECTED_ONLY), (0.02, 0.02, HOLDS)]
)
def test_a_gradient_that_the_loss_brings_back_is_not_brought_back_by_smoothing(wrong_sign, minimax, expected):
    norms = {"vanishing_published": 1e-6, "vanishing_corrected": 2e-6, "mitigated": 0.1}
    norms |= {"mitigated_wrong_sign": wrong_sign, "mitigated_minimax": minimax}
    world = world_of(**{name: {"grad_norm_g_last": norm} for name, norm in norms.items()})
    assert verdict("gan", "mitigation_keeps_gradient", by_seed=world) == HOLDS
    assert verdict("gan", "smoothing_and_balance_keep_the_gradient", by_seed=world) == expected


def test_smoothed_labels_are_no_balance():
    """D is right on all that it never learned from, whatever D(real) the labels ask for."""
    names = ("mitigated", "vanishing_published", "vanishing_corrected")
    wins = {f"{name}.d_accuracy_unseen": np.array([0.999, 1.0, 0.998, 0.999, 1.0, 0.999]) for name in names}
    assert verdict("gan", "mitigation_balances", by_seed=wins) == FAILS
    assert verdict("gan", "mitigation_balances", by_seed=wins | {"mitigated.d_accuracy_unseen": 0.86}) == HOLDS


@pytest.mark.parametrize("accuracy", [0.97, 0.5])
def test_neither_may_win(accuracy):
    world = {"baseline.loss_d": 1.33, "baseline.loss_g": 0.76, "baseline.d_accuracy_unseen": accuracy}
    assert verdict("gan", "baseline_balances", by_seed=world) == PUBLISHED_ONLY
    assert verdict("gan", "baseline_balances", by_seed=world | {"baseline.d_accuracy_unseen": 0.6}) == HOLDS


def test_a_gap_that_as_many_steps_on_many_images_give_too_is_not_for_few_images():
    gaps = {"overfit.d_overfit_gap": 0.09, "overfit_control.d_overfit_gap": 0.08}
    assert verdict("gan", "discriminator_overfits", by_seed=gaps) == PUBLISHED_ONLY
    assert verdict("gan", "discriminator_overfits", by_seed=gaps | {"overfit_control.d_overfit_gap": 0.01}) == HOLDS


def test_the_code_and_not_the_formula_gives_the_numbers():
    formula, code = {"train_reconstruction": 15.2, "train_kl": 7.95}, {"train_reconstruction": 27.0, "train_kl": 2.98}
    world = world_of(beta1=formula, kl5=code)
    assert verdict("vae", "formula_gives_the_numbers", by_seed=world) == FAILS
    assert verdict("vae", "code_gives_the_numbers", by_seed=world) == HOLDS


def vae_of(spread: float, used: int, error: float) -> dict:
    """What is measured of a VAE's arrays: posterior means that spread by so much in 20 dimensions, and by 0.95 in those
    that are used; an error of reconstructions, over that of the mean image."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (400, 6, 6)).astype(np.uint8)
    spreads = np.where(np.arange(20) < used, 0.95, spread)
    mean = spreads * rng.standard_normal((400, 20))
    of_posterior = posterior_metrics(mean, np.tile(np.log(1 - spreads**2), (400, 1)), 0.1, rng)
    errors = error * (images / 255).var(0).sum() * np.array([[1.0, 1.29]])
    of_decoder = decoder_metrics(np.repeat(errors, 400, 0), images, rng.integers(0, 10, 400))
    return of_posterior | of_decoder


@pytest.mark.parametrize(
    ("vae", "expected"),
    [
        (vae_of(spread=0.2, used=0, error=1.02), FAILS),  # as annealing_published: its units are active, nearly all
        (vae_of(spread=0.02, used=4, error=0.4), HOLDS),  # as kl5, in part
        (vae_of(spread=0.02, used=4, error=1.02), FAILS),  # latents that the decoder does not read
    ],
    ids=["annealed as published", "KL weight 5", "not read"],
)
def test_a_model_no_better_than_the_mean_image_has_collapsed_under_whatever_name(vae, expected):
    found = {metric: vae[metric] for metric in ("explained_variance", "mutual_information")}
    assert verdict("vae", "posterior_did_not_collapse", by_seed=world_of(kl5=found, beta1=found)) == expected


@pytest.mark.parametrize("claim", ["annealing_prevents_collapse", "annealing_informs"])
def test_a_model_that_was_never_annealed_passes_no_claim_of_annealing(claim):
    """It explains the image, informs, and is the same as its control."""
    informed = {"explained_variance": 0.7, "mutual_information": 6.0}
    less = {"explained_variance": 0.2, "mutual_information": 2.0}
    annealed = world_of(annealing_published=informed, annealing_corrected=informed)
    for control, effect, holds in ((informed, 0.0, False), (less, 0.5, True)):
        world = annealed | world_of(unannealed_published=control, beta1=control)
        assert (verdict("vae", claim, by_seed=world, by_design={"annealing": effect}) == HOLDS) is holds


def test_an_error_that_grows_from_the_start_on_is_not_stable():
    """Though another run without annealing is as bad."""
    errors = {"annealing_published": 70.0, "unannealed_published": 70.0, "kl5": 27.0}
    errors |= {"annealing_corrected": 15.5, "beta1": 15.2}
    numbers = {f"{name}.test_reconstruction": number for name, number in errors.items()}
    assert verdict("vae", "annealing_keeps_error", by_seed=numbers) == CORRECTED_ONLY


def test_one_geometry_is_seen_through_the_least_rotation():
    """Of unseen classes the least rotation reaches 0.786, and the centroid alone 0.735."""
    noise = 0.02 * np.random.default_rng(1).standard_normal((2, 1000))
    least, centroids = (f"procrustes_unseen_classes_{name}.cosine_after" for name in ("least", "centroids"))
    fitted = {"procrustes_published.cosine_after": 0.87, "procrustes_swapped.cosine_after": 0.8}
    cosines = {least: 0.786 + noise[0], centroids: 0.735 + noise[1]}
    assert verdict("clip", "geometry_is_shared", by_seed=fitted, by_image=cosines) == HOLDS
    swapped = cosines | {least: 0.73 + noise[0]}
    assert verdict("clip", "geometry_is_shared", by_seed=fitted, by_image=swapped) == PUBLISHED_ONLY


def test_ten_texts_are_few_however_many_images_there_are():
    rng = np.random.default_rng(4)
    images = 0.75 + 0.02 * rng.standard_normal(8000)
    for scatter, expected in ((0.02, HOLDS), (0.3, INCONCLUSIVE)):
        world = {"gap_texts.text_cosine": 0.6 + scatter * rng.standard_normal(10), "gap_unit.image_cosine": images}
        assert verdict("clip", "images_central_texts_dispersed", by_image=world) == expected


def test_a_centre_that_only_holds_more_ink_does_not_matter_most():
    """Random masks cost little, the centre's much, and random ones with as much ink as much as the centre's."""
    centre, kept = right(0.6, seeds=1), right(0.8)
    world = {
        "random_pixels_30.accuracy": kept,
        "centre_pixels_30.accuracy": centre,
        "matched_tokens_30.accuracy": centre ^ right(0.01),  # one answer in a hundred changes with the draw
        "centre_tokens_30.accuracy": centre,
    }
    assert verdict("vit", "centre_matters_most", by_image=world) == PUBLISHED_ONLY
    assert verdict("vit", "centre_matters_most", by_image=world | {"matched_tokens_30.accuracy": kept}) == HOLDS


def test_confidence_that_selection_takes_is_not_lost_by_the_class():
    """Confidence in the chosen answer falls by 0.1, the probability of the image's class stays."""
    noise = 0.02 * np.random.default_rng(2).standard_normal(1000)
    world = {"whole.confidence": 0.9 + noise, "whole.class_probability": 0.8 + noise}
    world |= {"block_pixels.confidence": 0.8 + noise[::-1], "block_tokens.class_probability": 0.8 + noise[::-1]}
    assert verdict("vit", "block_costs_confidence", by_image=world) == PUBLISHED_ONLY


@pytest.mark.parametrize(("share", "expected"), [(0.14, HOLDS), (0.3, FAILS)])
def test_the_reports_own_fourteen_percent_is_near_chance(share, expected):
    world = {f"noskip_{name}": right(share) for name in ("published.val_accuracy", "corrected.test_accuracy")}
    assert verdict("resnet", "no_skips_is_chance", by_image=world) == expected


@pytest.mark.parametrize(("correlation", "p", "expected"), [(0.5, 0.001, HOLDS), (0.2, 0.2, INCONCLUSIVE)])
def test_permuted_classes_say_what_confusions_are_by_chance(correlation, p, expected):
    names = ("untrained", "head_corrected")
    world = {f"{name}.confusion_similarity": np.full(3, correlation) for name in names}
    world |= {f"{name}.confusion_similarity_p": np.array([p, p / 2, p / 4]) for name in names}
    assert verdict("resnet", "confusions_are_semantic", by_seed=world) == expected


def test_a_chain_of_single_points_on_500_images_is_inconclusive():
    rng = np.random.default_rng(3)
    layers = ("layer1", "layer2", "layer3", "penultimate")
    world = {f"{layer}.probe_accuracy": rng.random(500) < 0.7 + 0.015 * place for place, layer in enumerate(layers)}
    assert verdict("resnet", "features_form_a_hierarchy", by_image=world) == INCONCLUSIVE
    steps = {f"{layer}.probe_accuracy": np.arange(500) < 100 * (1 + place) for place, layer in enumerate(layers)}
    assert verdict("resnet", "features_form_a_hierarchy", by_image=steps) == HOLDS


@pytest.mark.parametrize("experiment", RULES)
def test_no_gate_on_images_is_what_the_demo_does(experiment):
    """A gate follows from what could happen at all; one that equals the demo's setting was made to let it pass."""
    demo = read_yaml(CONFIG_FOLDER / "demo.yaml")[experiment]
    for key, needed in (gate for claim in RULES[experiment] for gate in claim["needs"].items()):
        section, _, name = key.rpartition(".")
        found = (demo.get(section) or demo.get("conditions", {}).get(section) or {}) if section else demo
        if name.endswith("images") and isinstance(needed, int):
            assert found.get(name) != needed, f"{key}: {needed}"


def test_every_bound_is_within_reach_of_its_own_scale():
    for claim in (one.values[0] for one in EVERY):
        differs = any(" - " in quantity for quantity in quantities(claim))
        for test in claim["tests"] if not any(" / " in quantity for quantity in quantities(claim)) else []:
            ends = {"share": (-differs, 1), "gap": (-1, 1), "count": (0, np.inf)}.get(
                test.get("scale"), (-np.inf, np.inf)
            )
            assert all(ends[0] < test[name] < ends[1] for name in ("at_least", "at_most") if name in test)
