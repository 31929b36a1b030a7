"""The ViT experiment: its attention is timm's own, masks hide what they say, and probes see the right tokens."""

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import timm
import torch
from PIL import Image
from scipy.special import softmax
from sklearn.linear_model import LogisticRegression
from torch import nn

from archdyn.data import backbones
from archdyn.errors import ArchdynError
from archdyn.experiments.vit import embed, metrics
from archdyn.experiments.vit.answers import cls_maps, rollout
from archdyn.experiments.vit.figures import as_published
from archdyn.experiments.vit.gradcam import grad_cam, patch_gradcam
from archdyn.experiments.vit.masks import (
    block_fraction,
    centre_masks,
    enlarge,
    matched_masks,
    random_masks,
    strongest_masks,
)
from archdyn.experiments.vit.model import attention_read, load_vit, patches_kept
from archdyn.experiments.vit.photos import Pictures, photo_files, read_photo, squashed
from archdyn.experiments.vit.tables import predictions, table5_rows
from archdyn.measures.probes import corrected_probe
from archdyn.networks.backbones import Backbone, build, load_backbone, save_backbone
from archdyn.networks.preprocessing import Preprocess
from archdyn.networks.stages import STAGES

CPU = torch.device("cpu")
SMALL = backbones.architecture("vit-small-4")
PATCHES = 49


@pytest.fixture(scope="module")
def vit() -> Backbone:
    """The small transformer with random weights, its biases and norms moved off their initial 0 and 1."""
    torch.manual_seed(0)
    model = build(SMALL, 10).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.05 * torch.randn_like(parameter))
    return Backbone(model, Preprocess(SMALL["preprocessing"], CPU), list("abcdefghij"), "random")


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (6, 28, 28), dtype=np.uint8)


def test_attention_is_what_the_blocks_multiply_with_their_values(vit, images):
    """It gives every block's own output, computed by timm's fused attention, which the reading did not change."""
    pixels = vit.preprocess(torch.from_numpy(images))
    inputs, outputs, attention = [], [], []
    for block in vit.model.blocks:
        assert block.attn.fused_attn

    def record(_, arguments, output):
        inputs.append(arguments[0])
        outputs.append(output)

    hooks = [block.attn.register_forward_hook(record) for block in vit.model.blocks]
    with torch.no_grad():
        fused = vit.model(pixels)
        for hook in hooks:
            hook.remove()
        with attention_read(vit.model, lambda _, weights: attention.append(weights)):
            read = vit.model(pixels)
        torch.testing.assert_close(read, fused, atol=1e-5, rtol=1e-5)
        assert len(attention) == len(vit.model.blocks)
        for block, weights, tokens, output in zip(vit.model.blocks, attention, inputs, outputs, strict=True):
            assert weights.shape == (6, 4, PATCHES + 1, PATCHES + 1)
            torch.testing.assert_close(weights.sum(-1), torch.ones(6, 4, PATCHES + 1))
            values = block.attn.qkv(tokens).view(6, PATCHES + 1, 3, 4, 16)[:, :, 2].transpose(1, 2)
            mixed = (weights @ values).transpose(1, 2).flatten(2)
            torch.testing.assert_close(block.attn.proj(mixed), output, atol=1e-5, rtol=1e-4)
    assert all(block.attn.fused_attn for block in vit.model.blocks)


def test_one_pass_gives_the_models_own_logits_and_tokens(vit, images):
    pixels = vit.preprocess(torch.from_numpy(images))
    with torch.no_grad():
        logits, tokens = vit.model(pixels), vit.model.forward_features(pixels)
    for arrays in (embed.embed(vit, images, CPU, batch=4), embed.look(vit, images, CPU)):
        np.testing.assert_allclose(arrays["logits"], logits, atol=1e-5)
        np.testing.assert_allclose(arrays["cls"], tokens[:, 0], atol=1e-5)
        np.testing.assert_allclose(arrays["mean_patch"], tokens[:, 1:].mean(1), atol=1e-5)


def test_a_dropped_token_is_one_that_nobody_attends_to(vit, images):
    masks = random_masks(6, 7, 0.4, seed=0)
    dropped = embed.embed(vit, images, CPU, masks=masks, way="tokens")["logits"]
    visible = torch.cat([torch.ones(6, 1, dtype=torch.bool), torch.from_numpy(~masks)], 1)[:, None, None, :]
    with torch.no_grad():
        tokens = vit.model.forward_features(vit.preprocess(torch.from_numpy(images)), attn_mask=visible)
        np.testing.assert_allclose(dropped, vit.model.forward_head(tokens), atol=1e-5)
    with torch.no_grad(), patches_kept(vit.model, torch.from_numpy(masks)):
        assert vit.model.forward_features(vit.preprocess(torch.from_numpy(images))).shape[1] == 1 + PATCHES - 19


def test_a_black_mask_is_the_image_with_these_patches_black(vit, images):
    masks = random_masks(6, 7, 0.3, seed=1)
    blackened = images.copy()
    for image, mask in zip(blackened, masks, strict=True):
        for patch in np.flatnonzero(mask):
            top, left = 4 * (patch // 7), 4 * (patch % 7)
            image[top : top + 4, left : left + 4] = 0
    expected = embed.embed(vit, blackened, CPU)["logits"]
    np.testing.assert_allclose(embed.embed(vit, images, CPU, masks=masks)["logits"], expected, atol=1e-5)
    assert np.array_equal(np.where(enlarge(masks, 28, 28), 0, images), blackened)


@pytest.mark.parametrize("fraction", [0.1, 0.3, 0.9])
def test_masks_of_both_shapes_cover_the_same_area(fraction):
    random, centre = random_masks(4000, 14, fraction, seed=3), centre_masks(20, 14, fraction)
    assert set(random.sum(1)) == set(centre.sum(1)) == {int(fraction * 196)}
    assert np.abs(random.mean(0) - int(fraction * 196) / 196).max() < 0.04  # every patch equally often
    assert np.array_equal(random, random_masks(4000, 14, fraction, seed=3))
    assert not np.array_equal(random, random_masks(4000, 14, fraction, seed=4))
    assert (centre == centre[0]).all()


def test_the_report_masks_58_patches_at_random_and_16_in_the_centre():
    assert random_masks(1, 14, 0.3, seed=0).sum() == 58
    places = np.argwhere(centre_masks(1, 14, block_fraction(14, 4 / 14)).reshape(14, 14))
    assert (len(places), places.min(0).tolist(), places.max(0).tolist()) == (16, [5, 5], [8, 8])


def test_rollout_of_even_attention_is_even_but_for_the_residual():
    tokens, layers = 10, 3
    rolled = rollout(np.full((2, layers, 4, tokens, tokens), 1 / tokens))
    kept = 0.5**layers
    np.testing.assert_allclose(rolled, np.tile(kept * np.eye(tokens) + (1 - kept) / tokens, (2, 1, 1)))


def test_rollout_multiplies_layers_in_order_and_its_rows_sum_to_one():
    weights = np.random.default_rng(0).random((3, 2, 4, 6, 6))
    weights /= weights.sum(-1, keepdims=True)
    first, last = (0.5 * (weights[0, layer].mean(0) + np.eye(6)) for layer in (0, 1))
    rolled = rollout(weights)
    np.testing.assert_allclose(rolled.sum(-1), 1)
    np.testing.assert_allclose(rolled[0], last @ first)


def test_entropy_and_distance_of_even_and_of_fixed_attention():
    between = embed.patch_distances(3, CPU)
    assert between[0, 2] == pytest.approx(2 / 3)
    assert between[0, 8] == pytest.approx(2**1.5 / 3)
    even, own = torch.full((1, 1, 10, 10), 0.1), torch.eye(10)[None, None]
    entropy, distance = embed.summarise_heads(torch.cat([even, own], 1), between)[0].T
    assert entropy.tolist() == pytest.approx([np.log(10), 0])
    assert distance.tolist() == pytest.approx([between.mean().item(), 0])


def test_head_statistics_are_those_of_the_attention(vit, images, monkeypatch):
    attention = torch.from_numpy(embed.look(vit, images, CPU)["attention"])
    monkeypatch.setattr(embed, "ATTENTION_BATCH", 4)
    statistics = embed.head_statistics(vit, images, CPU)
    expected = embed.summarise_heads(attention.flatten(0, 1), embed.patch_distances(7, CPU)).view(6, 4, 4, 2)
    np.testing.assert_allclose(statistics["entropy"], expected[..., 0], rtol=1e-4)
    np.testing.assert_allclose(statistics["distance"], expected[..., 1], rtol=1e-4)


def test_heads_of_the_last_layer_stand_beside_even_attention():
    statistic = np.arange(6.0).reshape(1, 2, 3)
    rows = metrics.head_rows(statistic, statistic / 10, PATCHES, seed=0)
    values = rows[rows["condition"] == "attention"].set_index("metric")["value"]
    assert values["even_entropy"] == pytest.approx(np.log(50))
    assert values["even_distance"] == pytest.approx(embed.patch_distances(7, CPU).mean().item())
    assert values[["last_entropy_lowest", "last_entropy_mean", "last_entropy_highest"]].tolist() == [3, 4, 5]
    assert values["last_distance_highest"] == 0.5


def test_the_likeliest_classes_are_in_their_order(tmp_path):
    order = [7, 2, 9, 0, 4, 1, 3, 5, 6, 8]
    logits = np.zeros((1, 10))
    logits[0, order] = np.log([0.3, 0.2, 0.15, 0.1, 0.08, 0.07, 0.05, 0.03, 0.015, 0.005])
    inputs = SimpleNamespace(logits=tmp_path / "logits.npy", facts=tmp_path / "facts.json")
    np.save(inputs.logits, logits)
    inputs.facts.write_text(json.dumps({"names": ["x"], "classes": [f"{name}, synonym" for name in "abcdefghij"]}))
    table = predictions(inputs, {"k": 5})
    assert table["class"].tolist() == ["abcdefghij"[number] for number in order[:5]]
    assert table["probability (%)"].tolist() == ["30.00", "20.00", "15.00", "10.00", "8.00"]


def test_bootstrap_interval_has_the_binomial_width():
    values = np.repeat([0.0, 1.0], [200, 800])
    low, high = metrics.bootstrap_interval(values, seed=0)
    assert (high - low) / 2 == pytest.approx(1.96 * np.sqrt(0.8 * 0.2 / 1000), rel=0.1)
    assert low < 0.8 < high


def embedded(n: int, seed: int, noise: float = 1.0) -> metrics.Embedded:
    """Three classes that CLS tells apart poorly and the mean patch well."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, n)
    centres = np.eye(3, 8)[labels]
    return metrics.Embedded(
        2 * centres + rng.normal(0, noise, (n, 8)), 5 * centres + rng.normal(0, noise, (n, 8)), labels
    )


def test_probes_find_what_separates_the_classes():
    train, test = embedded(300, 0), embedded(400, 1)
    fit = lambda *data: corrected_probe(*data, validation_share=0.2)  # noqa: E731
    rows, images = metrics.probe_rows("probe", train, test, fit, seed=0)
    rows = rows.set_index("metric")["value"]
    assert images["cls_accuracy"].mean() == pytest.approx(rows["cls_accuracy"])
    assert rows["mean_patch_accuracy"] > 0.99 > rows["cls_accuracy"] > 0.75
    assert rows["mean_patch_minus_cls_low"] > 0
    assert rows["cls_accuracy_low"] < rows["cls_accuracy"] < rows["cls_accuracy_high"]
    assert rows[["cls_converged", "mean_patch_converged", "both_converged"]].tolist() == [1, 1, 1]
    curve = metrics.learning_curve(train, test, fit, seed=0)
    assert curve["condition"].unique().tolist() == [f"images_{n}" for n in (15, 30, 60, 150)]


def test_the_penalty_is_chosen_on_held_out_images():
    """Where labels are noise but for one weak feature of many, a strong penalty generalises best."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 300)
    features = rng.normal(size=(300, 200)) + 0.15 * (2 * labels[:, None] - 1)
    assert corrected_probe(features, labels, 0, 0.3).c < 1
    assert metrics.published_probe(features, labels, 0).c == 1


def test_published_probes_see_raw_features():
    """The fit is that of the features as they are: nothing scales them first."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 200)
    features = 0.01 * rng.normal(size=(200, 3)) + 0.02 * (2 * labels[:, None] - 1)
    (step,) = metrics.published_probe(features, labels, 0).model.steps
    expected = LogisticRegression(C=1.0, solver="saga", max_iter=1000, random_state=0).fit(features, labels)
    assert np.array_equal(step[1].coef_, expected.coef_)


def test_a_solver_that_stops_early_is_said_to_have_not_converged(monkeypatch):
    monkeypatch.setattr(metrics, "PUBLISHED_ITERATIONS", 2)
    data = embedded(300, 0)
    assert not metrics.published_probe(data.cls, data.labels, 0).converged


def masked_measures(*shapes: str) -> pd.DataFrame:
    """Tidy rows of masks of 40 images with two classes; the mask at the centre swaps the classes, others do nothing.

    The head's answer changes under the last of the masks, and its probability falls with every mask.
    """
    labels = np.array([0, 1] * 20)
    features = (2.0 * labels[:, None] - 1) * np.ones(2)
    probe = corrected_probe(features, labels, 0, 0.2)
    sweep = pd.DataFrame({"shape": ["whole", *shapes], "way": "pixels", "fraction": 0.3, "ink": 0.5})
    sweep["seed"] = sweep.groupby("shape").cumcount()
    cls = np.stack([-features if shape in ("centre", "block") else features for shape in sweep["shape"]])
    top1 = np.tile(labels, (len(sweep), 1))
    top1[-1] = 1 - labels
    probability = np.linspace(0.9, 0.5, len(sweep))[:, None] * np.ones(40)
    ink = np.full(top1.shape, 0.5, np.float32)
    images = metrics.masked_images(sweep, cls.astype(np.float16), top1, probability, ink, labels, probe)
    return metrics.masking_rows(images, sweep).set_index(["condition", "seed", "metric"])["value"]


def test_masking_rows_compare_equal_areas():
    values = masked_measures("random", "centre", "random")
    assert values["whole", 0, "accuracy"] == values["random_pixels_30", 1, "accuracy"] == 1
    assert values["centre_pixels_30", 0, "accuracy"] == 0
    assert values["random_pixels_30", 0, "agreement"] == 1
    assert values["random_pixels_30", 1, "agreement"] == 0
    assert values["random_pixels_30", 0, "random_minus_centre"] == 1
    assert values["whole", 0, "images"] == 40


def test_masks_are_compared_with_that_at_the_centre_of_their_own_area():
    values = masked_measures("matched", "centre", "block", "block_matched")
    assert values["matched_pixels_30", 0, "matched_minus_centre"] == 1
    assert values["block_matched_pixels", 0, "block_matched_minus_block"] == 1


def test_the_class_keeps_its_probability_where_only_the_chosen_answer_loses_it():
    """Confidence in the answer of the whole image falls under a mask that changes nothing of what the class gets."""
    values = masked_measures("attended")
    assert values["attended_pixels_30", 0, "confidence"] < values["whole", 0, "confidence"]
    changed = values["attended_pixels_30", 0, "class_probability"] - values["whole", 0, "class_probability"]
    assert changed == pytest.approx(0, abs=1e-6)


def test_a_class_that_the_probe_never_saw_is_wrong_and_has_no_probability():
    """Its column would be that of the next class, or none."""
    labels = np.array([0, 2] * 20)
    features = (labels[:, None] - 1.0) * np.ones(2)
    probe = corrected_probe(features, labels, 0, 0.2)
    sweep = pd.DataFrame({"shape": ["whole"], "way": "pixels", "fraction": 0.0, "seed": 0})
    asked = np.array([0, 1, 2, 3])
    one = np.zeros((1, 4), np.float32)
    images = metrics.masked_images(sweep, features[None, :4], one.astype(int), one, one, asked, probe)
    assert images["accuracy"].tolist() == [1, 0, 0, 0]  # the features are those of the classes 0, 2, 0, 2
    assert (images["class_probability"] > 0).tolist() == [True, False, True, False]


def test_equal_heads_are_not_apart_where_others_choose_them():
    """Ten heads of one distribution: the extremes of the images that chose them differ, those of others do not."""
    entropy = np.random.default_rng(0).normal(2, 1, (400, 3, 10))
    apart = metrics.heads_apart(entropy)
    assert len(apart["broadest_entropy"]) == 200
    assert apart["broadest_entropy"].mean() - apart["sharpest_entropy"].mean() == pytest.approx(0, abs=0.3)
    chosen = entropy[:200, -1].mean(0)
    assert chosen.max() - chosen.min() > 0.15


def test_matched_masks_hide_as_much_ink_as_the_centre_anywhere():
    """Ink in the middle third: the centre mask hides most of it, a random one 30%."""
    rng = np.random.default_rng(0)
    ink = np.zeros((200, 14, 14))
    ink[:, 3:11, 3:11] = rng.random((200, 8, 8))
    ink = ink.reshape(200, -1)
    centre = centre_masks(200, 14, 0.3)
    random, matched = random_masks(200, 14, 0.3, 0), matched_masks(ink, centre, 0)
    hidden = [((ink * mask).sum(1) / ink.sum(1)).mean() for mask in (centre, random, matched)]
    assert hidden[0] > 0.8 and hidden[1] < 0.35
    assert hidden[2] == pytest.approx(hidden[0], abs=0.03)
    assert (matched.sum(1) == centre.sum(1)).all()
    assert (matched & centre).sum() < 0.95 * centre.sum()
    assert np.array_equal(matched, matched_masks(ink, centre, 0))


def test_the_most_attended_patches_are_masked():
    attention = np.tile(np.arange(49.0), (2, 1))
    assert np.array_equal(np.flatnonzero(strongest_masks(attention, 0.1, 0)[1]), [45, 46, 47, 48])  # int(4.9)


def test_equal_patches_are_masked_anywhere():
    """A map with one cell above 0: that cell, and others from all over, not the first rows."""
    values = np.zeros((400, 49))
    values[:, 48] = 1
    share = strongest_masks(values, 0.3, 0).mean(0)
    assert share[48] == 1
    assert share[:48] == pytest.approx(13 / 48, abs=0.1)  # int(14.7), less that one


def test_table5_has_the_published_protocol_and_equal_areas(vit, images):
    sweep, found = embed.masked_logits(
        vit, images[:2], embed.plain_masks(2, 7, [0.3, block_fraction(7, 4 / 14)], [0, 1]), 0, CPU
    )
    assert found["masks"].mean((1, 2)) == pytest.approx([row["masked"] for row in sweep])
    assert {row["patches"] for row in sweep} == {PATCHES}
    published = pd.DataFrame([["dog", "whole", 0.0, "golden retriever", 97.4]])
    published.columns = ["image", "mask", "masked (%)", "top-1", "confidence (%)"]
    published = pd.concat([published, published.assign(mask="random"), published.assign(mask="centre")])
    as_squashed, sweep = 2 * found["logits"], pd.DataFrame(sweep)
    logits = found["logits"], as_squashed
    table = table5_rows(published, ["dog", "y"], sweep, *logits, vit.classes, are_published=True)
    confidence = f"{100 * softmax(as_squashed[0, 1]).max():.2f}"
    assert table.loc[table["image"].eq("y") & table["mask"].eq("whole"), "confidence (%)"].tolist() == [confidence]
    above = table.loc[(table["image"] == "dog") & (table["source"] == "ours, published protocol"), "confidence (%)"]
    assert all(
        float(cell.split()[0]) - 97.4 == pytest.approx(float(cell.split("(")[1][:-1]), abs=0.011) for cell in above
    )
    others = table5_rows(published, ["dog", "y"], sweep, *logits, vit.classes, are_published=False)
    assert not others["confidence (%)"].str.contains(r"\(").any()  # a picture of the same name is another picture
    ours = table[(table["image"] == "y") & (table["source"] == "ours, published protocol")]
    assert ours[["mask", "masked (%)", "n"]].values.tolist() == [
        ["whole", "0.0", 1], ["random", "28.6", 1], ["centre", "8.2", 1]
    ]  # fmt: skip
    corrected = table[(table["image"] == "y") & (table["source"] == "ours, corrected")]
    assert corrected.groupby("mask")["masked (%)"].apply(set).to_dict() == dict.fromkeys(
        ["random", "centre"], {"8.2", "28.6"}
    )
    assert corrected.loc[corrected["mask"] == "random", "n"].tolist() == [2] * 4


class _TwoChannels(nn.Module):
    """Channels are the image and its negative; the logits weigh their means by +1 and -1, and 0."""

    def __init__(self):
        super().__init__()
        self.layer4 = nn.Conv2d(3, 2, 1, bias=False)
        with torch.no_grad():
            self.layer4.weight.copy_(torch.tensor([[1.0, 0, 0], [-1.0, 0, 0]])[..., None, None])

    def forward(self, pixels):
        first, second = self.layer4(pixels).mean((2, 3)).T
        return torch.stack([first - second, 0 * first], 1)


@pytest.fixture
def two_channels(monkeypatch) -> Backbone:
    settings = {"size": 8, "interpolation": "bilinear", "mean": [0.5] * 3, "sd": [0.5] * 3}
    monkeypatch.setitem(STAGES, _TwoChannels, {"layer4": ("layer4",)})
    return Backbone(_TwoChannels(), Preprocess(settings, CPU), ["a", "b"], "")


def test_grad_cam_of_a_network_whose_map_is_known(two_channels):
    """d logit / d channels is +1 and -1 over the cells, so the map is the image's positive part."""
    image = np.random.default_rng(0).integers(120, 256, (1, 8, 8), dtype=np.uint8)
    maps, logits, layer = grad_cam(two_channels, image, CPU)
    positive = (image / 255 - 0.5).clip(min=0)
    np.testing.assert_allclose(maps, positive / positive.max(), atol=1e-5)
    assert logits.argmax() == 0
    assert layer == "layer4"


def test_grad_cam_of_patches_is_strongest_where_the_image_is_bright(two_channels):
    """Of as many images as take two batches: one quarter of each is bright."""
    images = np.full((20, 8, 8), 128, np.uint8)
    for number, image in enumerate(images):
        row, column = 4 * (number % 2), 4 * (number // 2 % 2)
        image[row : row + 4, column : column + 4] = 255
    found = patch_gradcam(two_channels, images, 2, CPU)
    assert found.shape == (20, 4)
    assert found.argmax(1).tolist() == [2 * (number % 2) + number // 2 % 2 for number in range(20)]


def test_ink_is_what_a_mask_hides_of_each_image():
    ink = np.array([[1.0, 3.0, 0.0], [0.0, 0.0, 0.0]])
    assert embed.hidden_ink(np.array([[False, True, False]] * 2), ink).tolist() == [0.75, 0.0]


def test_grad_cam_takes_the_last_layer_that_shows_a_place(images, tmp_path):
    architecture = backbones.architecture("resnet18-narrow")
    torch.manual_seed(0)
    save_backbone(tmp_path / "r.safetensors", build(architecture, 10), architecture, list("abcdefghij"), "random")
    maps, _, layer = grad_cam(load_backbone(tmp_path / "r.safetensors", CPU), images, CPU)
    assert (layer, maps.shape) == ("layer2", (6, 4, 4))
    assert maps.min() >= 0
    assert maps.max() <= 1
    with pytest.raises(ArchdynError, match="ResNet is no vision transformer"):
        load_vit(tmp_path / "r.safetensors", CPU)


@pytest.mark.parametrize("size", [(80, 53), (90, 120), (31, 31)])
def test_photos_are_prepared_as_timm_does(tmp_path, size):
    rng = np.random.default_rng(0)
    photo = Image.fromarray(rng.integers(0, 256, (*size[::-1], 3), dtype=np.uint8)).resize(size)
    photo.save(tmp_path / "p.png")
    settings = {"size": 32, "interpolation": "bicubic", "mean": [0.5] * 3, "sd": [0.5] * 3, "crop": 0.9}
    timms = timm.data.create_transform(
        (3, 32, 32), interpolation="bicubic", mean=[0.5] * 3, std=[0.5] * 3, crop_pct=0.9
    )
    ours = Preprocess(settings, CPU)(torch.from_numpy(read_photo(tmp_path / "p.png", settings))[None])
    torch.testing.assert_close(ours[0], timms(photo), atol=1e-6, rtol=0)


def test_a_strip_of_a_photo_is_cut_before_it_is_scaled(tmp_path):
    """As a whole it would be 60,000 times as long as wide at 32 pixels of width: 6 GB."""
    strip = Image.new("RGB", (1, 60_000), "red")
    strip.paste("blue", (0, 29_995, 1, 30_005))
    strip.save(tmp_path / "p.png")
    photo = read_photo(tmp_path / "p.png", {"size": 32, "interpolation": "bilinear"})
    assert photo.shape == (32, 32, 3)
    assert (photo == (0, 0, 255)).all()


@pytest.mark.parametrize(("way", "resampling"), [("bicubic", Image.BICUBIC), ("bilinear", Image.BILINEAR)])
def test_a_photo_is_squashed_as_published(way, resampling):
    """All of a picture four times as wide as high, whose left half is black; a cut would lose its edges."""
    pixels = np.zeros((50, 200, 3), np.uint8)
    pixels[:, 100:] = 200
    found = squashed(Image.fromarray(pixels), {"size": 32}, way)
    assert np.array_equal(found, np.array(Image.fromarray(pixels).resize((32, 32), resampling)))
    assert (found[:, :12] == 0).all() and (found[:, 20:] == 200).all()


def test_pictures_are_cut_out_and_squashed_each_from_the_original(tmp_path):
    """A photo as wide as three squares: red, green, blue; and a dataset's image, which stays as it is."""
    photo = Image.new("RGB", (96, 32), "red")
    photo.paste("lime", (32, 0, 64, 32))
    photo.paste("blue", (64, 0, 96, 32))
    photo.save(tmp_path / "p.png")
    settings = {"size": 24, "interpolation": "bicubic"}
    pictures = Pictures.of_files({"flag": tmp_path / "p.png"}, settings)
    assert pictures.names == ["flag"]
    assert (pictures.images[0, :, 4:20] == [0, 255, 0]).all()
    for whole in (pictures.bicubic, pictures.bilinear):
        assert whole[0, 12, 0].tolist() == [255, 0, 0] and whole[0, 12, 23].tolist() == [0, 0, 255]
    images = np.random.default_rng(0).integers(0, 256, (4, 8, 8), dtype=np.uint8)
    fixed = Pictures.of_dataset(images, np.array([1, 1, 0, 2]), ["a", "b", "c"], settings)
    assert fixed.names == ["b", "a", "c"]
    assert np.array_equal(fixed.images, images[[0, 2, 3]]) and fixed.bicubic.shape == (3, 24, 24)


def test_a_published_map_has_256_levels_and_is_enlarged_by_pillow():
    values = np.array([[0.10, 0.20], [0.15, 0.30]])
    levels = np.array([[0, 127], [63, 255]], np.uint8)  # cut, not rounded: 127.5 and 63.75
    assert np.array_equal(as_published(values, 2), levels)
    assert np.array_equal(as_published(values, 16), np.array(Image.fromarray(levels).resize((16, 16))))
    assert (as_published(np.ones((2, 2)), 4) == 0).all()


def test_the_reports_photos_lie_in_one_folder():
    assert photo_files(["raw"], ["cat", "dog"], ["cat.jpg", "d.jpg"]) == {
        "cat": Path("raw/cat.jpg"),
        "dog": Path("raw/d.jpg"),
    }
    assert photo_files(["a.png"], ["mine"], []) == {"mine": Path("a.png")}
    assert photo_files([], [], []) == {}


def test_maps_are_what_cls_gives_to_each_patch():
    attention = np.zeros((1, 2, 5, 5))
    attention[0, 1, 0] = [0.2, 0.1, 0.2, 0.3, 0.2]
    assert cls_maps(attention)[0, 1].tolist() == [[0.1, 0.2], [0.3, 0.2]]


def test_what_is_no_photo_is_refused(tmp_path):
    (tmp_path / "p.png").write_text("no image")
    with pytest.raises(ArchdynError, match="p.png: not a readable image"):
        read_photo(tmp_path / "p.png", SMALL["preprocessing"])
