"""The CLIP experiment: zero-shot, the modality gap and its alignment against analytic values and open_clip's own."""

from types import SimpleNamespace

import numpy as np
import open_clip
import pandas as pd
import pytest
import torch
import yaml
from safetensors.torch import save_file

from archdyn.data import backbones
from archdyn.experiments.clip import alignment, metrics, projection
from archdyn.experiments.clip.embed import embed_images, embed_texts, load_clip
from archdyn.experiments.clip.evaluation import Embedded, evaluate
from archdyn.experiments.clip.settings import ClipPretraining
from archdyn.experiments.clip.tables import table10
from archdyn.experiments.clip.train import pretrain_clip
from archdyn.networks.backbones import build, convert, load_backbone, save_backbone
from archdyn.networks.clip import in_half
from archdyn.networks.preprocessing import Preprocess
from conftest import ROOT

CPU = torch.device("cpu")
NARROW = backbones.architecture("clip-narrow")
CLASSES = ["dark", "bright"]
TEMPLATES = ["{}", "a photo of a {}", "the {} one"]


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.fixture(scope="module")
def model() -> open_clip.CLIP:
    torch.manual_seed(0)
    return build(NARROW, 0).eval()


def random_rotation(dimensions: int, rng: np.random.Generator) -> np.ndarray:
    return np.linalg.qr(rng.standard_normal((dimensions, dimensions)))[0]


def clusters(n: int, rng: np.random.Generator, noise: float = 0.2) -> alignment.Pairs:
    """Images around the first 10 unit vectors of 32 dimensions."""
    labels = np.arange(n) % 10
    return np.eye(10, 32)[labels] + noise * rng.standard_normal((n, 32)), labels


# --- models and weights -----------------------------------------------------------------------------------------------


def test_vit_b32_has_the_published_towers():
    with torch.device("meta"):
        model = build(backbones.architecture("clip-vit-b32"), 0)
    assert sum(parameter.numel() for parameter in model.parameters()) == 151_277_313  # as OpenAI's ViT-B/32
    assert model.visual.image_size == (224, 224)
    assert any(isinstance(module, open_clip.transformer.QuickGELU) for module in model.modules())


@pytest.mark.parametrize("file", ["open_clip_model.safetensors", "theirs.pth"])
def test_a_clips_own_state_dict_converts(model, tmp_path, file):
    """As open_clip saves it for its hub, or as a user may have it."""
    save = save_file if file.endswith(".safetensors") else torch.save
    save(model.state_dict(), tmp_path / file)
    convert(tmp_path / file, tmp_path / "c.safetensors", NARROW, "theirs")
    clip = load_backbone(tmp_path / "c.safetensors", CPU)
    assert (clip.weights, clip.classes) == ("theirs", [])
    images, tokens = torch.randn(2, 3, 28, 28), torch.randint(0, 1000, (2, 32))
    with torch.no_grad():
        torch.testing.assert_close(clip.model.encode_image(images), model.encode_image(images))
        torch.testing.assert_close(clip.model.encode_text(tokens), model.encode_text(tokens))


def test_pretraining_learns_what_its_captions_say(tmp_path, rng):
    labels = rng.integers(0, 2, 256)
    images = (rng.integers(0, 100, (256, 28, 28)) + 120 * labels[:, None, None]).astype(np.uint8)
    arrays = {"train_images": images, "train_labels": labels}
    captions = ["a {} thing", "this is {}"]
    settings = ClipPretraining(
        dataset="mnist", images=None, epochs=4, batch_size=32, learning_rate=1e-3, captions=captions
    )

    torch.manual_seed(0)
    model = build(NARROW, 0)
    rows = pretrain_clip(model, NARROW["preprocessing"], arrays, CLASSES, settings, CPU)
    assert rows[-1]["loss"] < rows[0]["loss"]
    save_backbone(tmp_path / "c.safetensors", model, NARROW, [], "pretrained")
    clip = load_backbone(tmp_path / "c.safetensors", CPU)
    texts = embed_texts(clip.model, TEMPLATES, CLASSES, CPU)
    vectors = embed_images(clip.model, clip.preprocess, images, CPU)
    same, arithmetic = load_clip(tmp_path / "c.safetensors", CPU, "float16")
    assert arithmetic == "float32"  # only on a GPU are CLIP's weights of 16 bits
    assert np.array_equal(vectors, embed_images(same.model, same.preprocess, images, CPU))
    accuracy = metrics.zero_shot(vectors, labels, metrics.ensemble(texts)).mean()
    assert accuracy > 0.9


def test_sixteen_bits_are_those_of_clips_own_loader(model, rng):
    """Weights and activations of half precision give what full precision does, to three digits."""
    images, preprocess = rng.integers(0, 256, (5, 28, 28), dtype=np.uint8), Preprocess(NARROW["preprocessing"], CPU)
    half = in_half(model, NARROW)
    assert half.visual.conv1.weight.dtype == half.text_projection.dtype == torch.float16
    assert half.ln_final.weight.dtype == torch.float32
    np.testing.assert_allclose(
        embed_images(half, preprocess, images, CPU), embed_images(model, preprocess, images, CPU), atol=0.02
    )
    np.testing.assert_allclose(
        embed_texts(half, TEMPLATES, CLASSES, CPU), embed_texts(model, TEMPLATES, CLASSES, CPU), atol=0.02
    )


def test_no_prompt_is_among_the_captions_that_the_demo_trains_on():
    clip = yaml.safe_load((ROOT / "config/config.yaml").read_text())["clip"]
    for overlay in ("demo.yaml", "smoke.yaml"):
        changed = yaml.safe_load((ROOT / "config" / overlay).read_text())["clip"]
        assert not {"prompts", "ensemble"} & changed.keys() and "captions" not in changed["pretraining"]
    captions = {text.strip(".").lower() for text in clip["pretraining"]["captions"]}
    prompts = {text.strip(".").lower() for text in [*clip["prompts"].values(), *clip["ensemble"]]}
    assert not captions & prompts


# --- zero-shot --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("templates", [["a photo of a {}"], TEMPLATES])
def test_open_clips_own_zero_shot_classifier_agrees(model, templates, rng):
    images = rng.integers(0, 256, (64, 28, 28), dtype=np.uint8)
    classes = ["cat", "dog", "Ankle boot", "T-shirt/top"]
    preprocess = Preprocess(NARROW["preprocessing"], CPU)
    tokenizer = open_clip.SimpleTokenizer(context_length=model.context_length)
    theirs = open_clip.build_zero_shot_classifier(model, tokenizer, classes, templates)
    with torch.no_grad():
        logits = model.encode_image(preprocess(torch.from_numpy(images)), normalize=True) @ theirs
    ours = metrics.ensemble(embed_texts(model, templates, classes, CPU))
    np.testing.assert_allclose(ours, theirs.T, atol=1e-6)
    vectors = metrics.unit(embed_images(model, preprocess, images, CPU))
    assert np.array_equal(metrics.classify(vectors, ours), logits.argmax(1))


def test_accuracy_comes_with_wilsons_interval():
    labels = np.zeros(10, int)
    images = np.array([[1.0, 0.0]] * 8 + [[0.0, 1.0]] * 2)
    values = metrics.zero_shot_metrics(metrics.zero_shot(images, labels, np.eye(2)), labels)
    assert values["accuracy"] == values["accuracy_class_0"] == 0.8
    assert (values["accuracy_low"], values["accuracy_high"]) == pytest.approx((0.4902, 0.9433), abs=1e-4)


# --- the gap ----------------------------------------------------------------------------------------------------------


def test_the_gap_of_two_shifted_copies_is_the_shift(rng):
    texts, shift = rng.standard_normal((40, 5)), np.array([0.3, 0, 0, -0.4, 0])
    assert metrics.gap_vector(texts + shift, texts) == pytest.approx(shift)
    raw = metrics.raw_gap_metrics(texts + shift, np.arange(40), texts)
    assert raw["centroid_distance"] == pytest.approx(0.5)


def test_mean_cosine_is_that_of_all_pairs(rng):
    vectors = metrics.unit(rng.standard_normal((20, 4)))
    assert metrics.mean_cosine(vectors) == pytest.approx((vectors @ vectors.T)[~np.eye(20, dtype=bool)].mean())


def test_cosines_of_pairs_and_the_relative_gap_in_closed_form():
    texts = np.eye(4)[:2]
    images, labels = np.array([[3.0, 0, 4, 0], [0, 3, 0, 4]]), np.array([0, 1])  # of length 5
    values = metrics.gap_metrics(images, labels, texts)
    assert values["pair_cosine"] == pytest.approx(0.6)
    assert values["other_cosine"] == values["image_cosine"] == values["text_cosine"] == pytest.approx(0)
    assert values["relative_gap"] == pytest.approx(0.4 / (0.4 + 1))
    assert metrics.gap_metrics(texts, labels, texts)["relative_gap"] == pytest.approx(0)


def test_images_in_the_place_of_texts_show_no_gap(rng):
    images, labels = clusters(400, rng, noise=0.02)
    found = metrics.reference_gap(images, labels, 5, rng)
    assert found["centroid_distance"] < 0.05
    assert found["pair_cosine"] > 0.97
    assert found["relative_gap"] < 0.05


def test_separability_is_chance_without_a_gap_and_one_with_it(rng):
    labels = np.arange(400) % 10
    images, texts = rng.standard_normal((400, 6)), rng.standard_normal((20, 10, 6))
    assert metrics.told_apart(images, labels, texts).mean() == pytest.approx(0.5, abs=0.1)
    assert metrics.told_apart(images + 20, labels, texts).all()


def test_separability_asks_of_unseen_classes_alone():
    """Where a class's images and texts are one and the same, nothing can be learnt of another class."""
    centres = 5 * np.random.default_rng(1).standard_normal((10, 50))
    labels = np.repeat(np.arange(10), 3)
    flips = np.where(np.arange(10) % 2, 1.0, -1.0)[:, None]  # image minus text has no sign that classes share
    direction = np.eye(50)[:1]
    images, texts = centres + flips * direction, np.stack([centres - flips * direction] * 3)
    assert metrics.told_apart(images[labels], labels, texts).mean() < 0.7


def test_at_shift_zero_nothing_moves_and_at_one_the_centroids_meet(rng):
    images, labels = clusters(200, rng)
    images, texts = images + 2 * np.eye(32)[11], np.eye(10, 32)
    gap = metrics.gap_vector(metrics.unit(images), metrics.unit(texts)[labels])
    curve = metrics.shift_curve(images, labels, texts, gap).set_index(["moved", "shift"])
    for moved in ("images", "texts"):
        start, end = curve.loc[(moved, 0.0)], curve.loc[(moved, 1.0)]
        assert start["accuracy"] == metrics.zero_shot(images, labels, texts).mean()
        assert start["centroid_distance"] == pytest.approx(np.linalg.norm(gap))
        assert end["centroid_distance"] < 0.5 * start["centroid_distance"]
        assert metrics.accuracy_once_closed(curve.reset_index())[f"accuracy_{moved}_moved"] == end["accuracy"]


# --- the alignment ----------------------------------------------------------------------------------------------------


def test_procrustes_recovers_a_known_rotation_and_is_one_even_where_few_texts_determine_it(rng):
    """As the report has it: of the images, which come to lie on the texts."""
    images, rotation = rng.standard_normal((30, 8)), random_rotation(8, rng)
    np.testing.assert_allclose(alignment.fit_rotation(images, images @ rotation), rotation, atol=1e-10)
    images, labels = clusters(100, rng)
    found = alignment.fit_rotation(images, np.eye(10, 32)[labels])
    np.testing.assert_allclose(found @ found.T, np.eye(32), atol=1e-10)


def test_on_shuffled_pairs_the_held_out_cosine_does_not_rise(rng):
    """Of pairs without a common direction: the fitted pairs gain by chance, new ones nothing."""
    texts, rotation = metrics.unit(rng.standard_normal((400, 16))), random_rotation(16, rng)
    images, half, numbers = texts @ rotation, np.arange(200), np.arange(400)
    shuffled = images[:200], rng.permutation(half)
    fitted = alignment.mean(alignment.align(shuffled, shuffled, texts))
    held_out = alignment.mean(alignment.align(shuffled, (images[200:], numbers[200:]), texts))
    right = alignment.mean(alignment.align((images[:200], half), (images[200:], numbers[200:]), texts))
    assert fitted["cosine_after"] > fitted["cosine_before"] + 0.1
    assert held_out["cosine_after"] < held_out["cosine_before"] + 3 / np.sqrt(200 * 16)
    assert right["cosine_after"] == pytest.approx(1)


def test_turning_one_centroid_onto_the_other_is_the_least_rotation(rng):
    images, texts = rng.standard_normal((20, 6)) + 1, rng.standard_normal((20, 6)) + 2 * np.eye(6)[0]
    rotation = alignment.rotate_centroid(images, texts)
    np.testing.assert_allclose(rotation @ rotation.T, np.eye(6), atol=1e-10)
    np.testing.assert_allclose(metrics.unit(images.mean(0)) @ rotation, metrics.unit(texts.mean(0)), atol=1e-10)
    across = np.linalg.svd(np.stack([images.mean(0), texts.mean(0)]))[2][2:]
    np.testing.assert_allclose(across @ rotation, across, atol=1e-10)


def test_ten_texts_align_with_swapped_classes_as_well_as_with_the_right_ones(rng):
    """Between orthogonal texts any permutation of the classes is a rotation, so only other nulls can tell."""
    train, test, texts = clusters(500, rng), clusters(300, rng), np.eye(10, 32)
    found = alignment.drawn_alignment_metrics(train, test, texts, 100, 5, rng)
    right = alignment.mean(alignment.alignment_scores(train, test, texts)["corrected"])
    wrong = found["swapped_held_out"]
    assert wrong["cosine_after"] == pytest.approx(right["cosine_after"], abs=1e-6)
    assert wrong["accuracy_after"] == pytest.approx(right["accuracy_after"])
    assert wrong["accuracy_before"] < 0.1 < right["accuracy_before"]
    assert found["shuffled_held_out"]["accuracy_after"] < 0.5
    assert found["published"]["cosine_after"] > found["published_held_out"]["cosine_after"]


def test_a_class_is_scored_without_having_been_fitted(rng):
    """Texts in a rotated space: a fit to nine orthogonal classes knows nothing of the tenth."""
    train, test = clusters(500, rng, noise=0.01), clusters(200, rng, noise=0.01)
    texts = np.eye(10, 32) @ random_rotation(32, rng)
    found = alignment.alignment_scores(train, test, texts)
    assert found["corrected"]["cosine_after"].mean() > 0.99
    assert found["unseen_classes"]["cosine_after"].mean() < 0.5


def test_a_rotation_is_completed_towards_the_identity(rng):
    """Where texts and images of nine classes differ by a turn of one plane, all other directions stay as they are."""
    basis, plane = random_rotation(32, rng), np.eye(32)
    plane[:2, :2] = [[0.6, 0.8], [-0.8, 0.6]]
    images, turn = basis[:9], basis.T @ plane @ basis
    texts = images @ turn
    least, any_other = alignment.fit_least_rotation(images, texts), alignment.fit_rotation(images, texts)
    np.testing.assert_allclose(least, turn, atol=1e-9)
    np.testing.assert_allclose(least @ least.T, np.eye(32), atol=1e-9)
    np.testing.assert_allclose(images @ any_other, images @ least, atol=1e-9)
    assert np.trace(least) > np.trace(any_other)


def test_an_unseen_class_is_not_turned_at_random(rng):
    """Images are texts behind a common shift, so only the centroid has to turn: the completion decides."""
    texts = np.eye(10, 64)
    labels = np.arange(500) % 10
    images = texts[labels] + 1.5 * np.eye(64)[20] + 0.01 * rng.standard_normal((500, 64))
    found = {
        name: scores["cosine_after"].mean()
        for name, scores in alignment.alignment_scores((images, labels), (images, labels), texts).items()
    }
    assert found["unseen_classes_least"] > found["unseen_classes"] + 0.1
    assert found["unseen_classes_least"] > found["unseen_classes_centroids"] - 0.05


def test_class_geometry_is_one_for_a_rotated_copy_and_chance_for_other_classes(rng):
    texts = rng.standard_normal((8, 20))
    labels = np.arange(400) % 8
    images = texts[labels] @ random_rotation(20, rng) + 0.01 * rng.standard_normal((400, 20))
    shared = alignment.class_geometry(images, labels, texts, rng)
    assert shared["geometry_correlation"] > 0.99
    assert shared["geometry_p"] < 0.001
    other = alignment.class_geometry(images, labels, rng.standard_normal((8, 20)), rng)
    assert other["geometry_p"] > 0.01


def test_a_class_without_images_is_left_out(rng):
    images, labels = clusters(60, rng)
    shown = labels != 4
    images, labels, texts = images[shown], labels[shown], np.eye(10, 32)
    assert metrics.reference_gap(images, labels, 2, rng)["relative_gap"] < 0.5
    assert alignment.class_geometry(images, labels, texts, rng)["geometry_p"] <= 1


def test_the_parts_of_a_mean_cosine_have_its_mean_and_its_error(rng):
    """Over many draws, that cosine varies as their spread says; a vector's own mean cosine would say half of it."""
    draws = [metrics.unit(rng.standard_normal((60, 3)) + 1) for _ in range(300)]
    parts = [metrics.cosine_parts(vectors) for vectors in draws]
    assert parts[0].mean() == pytest.approx(metrics.mean_cosine(draws[0]))
    said = np.mean([part.std(ddof=1) / np.sqrt(60) for part in parts])
    assert said == pytest.approx(np.std([metrics.mean_cosine(vectors) for vectors in draws]), rel=0.15)


def test_values_of_images_have_the_means_that_are_reported(rng):
    images, labels = clusters(60, rng)
    texts = np.eye(10, 32) + 0.1
    pairs = images, labels
    measured = evaluate(Embedded(pairs, pairs, {"plain": texts}, texts[None]), 40, 2, 0, [0, 1])
    reported = measured.rows.set_index(["condition", "seed", "metric"])["value"]
    for table in measured.images.values():
        means = table.groupby("condition").mean().drop(columns=["seed", "image"]).stack()
        for (condition, metric), mean in means.items():
            of_unit = condition.replace("gap_texts", "gap_unit")
            assert mean == pytest.approx(reported[of_unit, 0, metric], abs=1e-12)
    drawn = reported["procrustes_published", :, "cosine_after"]
    assert list(drawn.index) == [0, 1] and drawn[0] != drawn[1]


def test_two_fits_share_their_axes_and_the_texts_stay_where_they_were(rng, monkeypatch):
    """Figures 12 and 13 as published: only the images are projected once more after they were turned."""
    monkeypatch.setattr(projection, "umap", lambda vectors: vectors[:, :2])  # which compiles for seconds
    pairs, texts = clusters(60, rng), metrics.unit(np.eye(10, 32) + 0.5)
    points = projection.projections(pairs, pairs, pairs, texts).set_index(["projection", "stage", "modality"])[
        ["x", "y"]
    ]
    before, after = (
        {kind: points.loc["separate_tsne", stage, kind].to_numpy() for kind in ("image", "text")}
        for stage in ("before", "after")
    )
    assert np.array_equal(before["text"], after["text"])
    assert np.abs(before["text"]).max() > 5 * np.abs(before["image"]).max()


# --- tables and the smoke run -----------------------------------------------------------------------------------------


def test_table10_shows_percent_and_the_interval(tmp_path):
    summary = pd.DataFrame(
        [
            ("clip", condition, metric, mean, 0.01, 3)
            for condition in ("plain", "ensemble")
            for metric, mean in (("accuracy", 0.9), ("accuracy_low", 0.88), ("accuracy_high", 0.92))
        ],
        columns=["experiment", "condition", "metric", "mean", "sd", "n"],
    )
    facts, numbers = tmp_path / "facts.json", tmp_path / "summary.csv"
    facts.write_text('{"arithmetic": "float32"}')
    summary.to_csv(numbers)
    inputs = SimpleNamespace(published=ROOT / "config/published/clip.yaml", summary=numbers, facts=facts)
    table = table10(inputs, {"prompts": {"plain": "{}"}, "templates": 7})
    assert table.attrs["sentence"] == "Ours was computed in float32."
    assert table.values.tolist() == [
        ["plain label: {}", "96.26", "90.00 ± 1.00 (-6.26)", "88.00 to 92.00", 3],
        ["mean of templates: 7 of CLIP's authors", "–", "90.00 ± 1.00", "88.00 to 92.00", 3],
    ]


def test_smoke_tables_name_scale_data_weights_and_arithmetic(smoke_run):
    label = "smoke scale · synthetic_mnist · clip-narrow (pretrained on synthetic_mnist) · seed"
    table = (smoke_run.folder / "results/smoke/clip/tables/table10.md").read_text(encoding="utf-8")
    assert label in table and "Ours was computed in float32." in table
