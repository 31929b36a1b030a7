"""Section 2: what is changed in a ResNet, what of it learns, and the numbers of its layers."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch
from torch.nn.functional import relu

from archdyn.data import backbones
from archdyn.experiments.resnet.confusions import class_similarity, confusion, printed_confusion
from archdyn.experiments.resnet.embed import LAYERS, draw_rows, embed_layers, embed_penultimate, untrained_answers
from archdyn.experiments.resnet.figures import confused_pairs
from archdyn.experiments.resnet.metrics import (
    confusion_metrics,
    layer_metrics,
    linear_cka,
    projected,
    transfer_metrics,
)
from archdyn.experiments.resnet.model import blocks, load_transferred, remove_skips, save_transferred, transferred
from archdyn.experiments.resnet.settings import ResnetMode, TransferTraining
from archdyn.experiments.resnet.tables import strategies_table, table1
from archdyn.experiments.resnet.train import forward_gflops, gradient_norms, split_rows, train_head, train_transfer
from archdyn.measures import two_dimensions
from archdyn.measures.mantel import mantel
from archdyn.measures.probes import corrected_probe
from archdyn.networks.backbones import build, load_backbone, save_backbone
from archdyn.networks.pretraining import pretrain
from archdyn.render.published import read_published
from archdyn.settings.common import Pretraining
from conftest import ROOT

CPU = torch.device("cpu")
SETTINGS = TransferTraining.model_validate(
    {
        "backbone": "deep",
        "init": "pretrained",
        "skips": True,
        "trainable": "head",
        "batchnorm": "constant",
        "normalisation": "own",
        "validation": "test",
        "share": 1.0,
        "epochs": 1,
        "batch_size": 16,
        "learning_rate": 1e-2,
        "precision": "float32",
        "validation_share": 0.25,
        "size": None,
    }
)


@pytest.fixture(scope="module")
def start(tmp_path_factory):
    """A checkpoint of a small ResNet-18 whose BatchNorm is not that of new layers."""
    torch.manual_seed(0)
    architecture = backbones.architecture("resnet18-narrow")
    model = build(architecture, 7)
    model.train()
    for block in blocks(model).values():
        torch.nn.init.uniform_(block.bn2.weight, 0.5, 1.5)
    with torch.no_grad():
        for _ in range(5):
            model(torch.randn(16, 3, 28, 28))
    path = tmp_path_factory.mktemp("start") / "b.safetensors"
    save_backbone(path, model, architecture, [str(number) for number in range(7)], "drawn")
    return path


@pytest.fixture(scope="module")
def arrays():
    """Two classes, dark and bright, in 64 training and 32 test images."""
    generator = np.random.default_rng(0)

    def drawn(n):
        labels = generator.integers(0, 2, n)
        return (generator.integers(0, 120, (n, 28, 28)) + 100 * labels[:, None, None]).astype(np.uint8), labels

    (train_images, train_labels), (test_images, test_labels) = drawn(64), drawn(32)
    names = ("train_images", "train_labels", "test_images", "test_labels")
    return dict(zip(names, (train_images, train_labels, test_images, test_labels), strict=True))


def moved(before: dict, after: dict) -> set[str]:
    """Parts of a network of which a tensor changed; a part's BatchNorm statistics are named apart."""
    changed = [key for key in before if not torch.equal(before[key], after[key]) and "num_batches" not in key]
    parts = {key: key.removeprefix("blocks.").split(".")[0] for key in changed}
    return {part + (" statistics" if "running" in key else "") for key, part in parts.items()}


def moved_by_training(start, settings: TransferTraining, arrays: dict) -> set[str]:
    torch.manual_seed(0)
    model = transferred(start, settings, 2, CPU)
    before = {key: tensor.clone() for key, tensor in model.model.state_dict().items()}
    train_transfer(model, arrays, settings, 0, CPU)
    return moved(before, model.model.state_dict())


# --- skip connections


@pytest.mark.parametrize("name", ["resnet152-narrow", "resnet18-narrow"])
def test_a_block_without_skip_loses_the_identity_and_nothing_else(name):
    torch.manual_seed(0)
    model = build(backbones.architecture(name), 10).eval()
    parameters = {key: tensor.clone() for key, tensor in model.state_dict().items()}
    block = model.layer1[-1]
    last = block.bn3 if hasattr(block, "bn3") else block.bn2
    torch.nn.init.zeros_(last.weight)
    channels = block.conv1.in_channels
    inputs = torch.randn(2, channels, 7, 7)
    with torch.no_grad():
        assert torch.equal(block(inputs), relu(inputs))
        remove_skips(model)
        assert torch.equal(block(inputs), torch.zeros_like(inputs))
    assert model.state_dict().keys() == parameters.keys()


def test_removing_skips_changes_the_output_of_layer1_and_layer2_alone():
    torch.manual_seed(0)
    model = build(backbones.architecture("resnet18-narrow"), 10).eval()
    images = torch.randn(2, 3, 28, 28)
    with torch.no_grad():
        before = model(images)
        third = model.layer3(torch.ones(1, 64, 4, 4))
        remove_skips(model)
        assert not torch.allclose(model(images), before)
        assert torch.equal(model.layer3(torch.ones(1, 64, 4, 4)), third)


@pytest.mark.parametrize("init", ["pretrained", "random"])
def test_gradients_are_named_by_block_and_no_block_is_dead(start, arrays, init):
    """Nor in a new network, where residual branches start at zero: without skips, no image would reach the head."""
    torch.manual_seed(0)
    backbone = transferred(start, SETTINGS.model_copy(update={"skips": False, "init": init}), 2, CPU)
    mode = ResnetMode(skips=False, trainable="blocks", batchnorm="constant")
    norms = gradient_norms(backbone, mode, arrays["train_images"], arrays["train_labels"], 16, CPU)
    assert not backbone.model.layer3[0].bn1.training  # frozen in that training, and constant
    assert backbone.model.layer1[0].bn1.training
    assert list(norms) == [f"layer{layer}.{block}" for layer in (1, 2, 3, 4) for block in (0, 1)]
    assert all(np.isfinite(value) and value > 0 for value in norms.values())


# --- what learns, and what drifts


STAGES = ["layer1", "layer2", "layer3", "layer4"]
ALL = ["bn1", *STAGES]


@pytest.mark.parametrize(
    ("change", "learns", "drifts"),
    [
        ({}, [], []),
        ({"batchnorm": "drift"}, [], ALL),
        ({"trainable": "layer4"}, ["layer4"], ["layer4"]),
        ({"trainable": "blocks", "skips": False}, ["layer1", "layer2"], ["layer1", "layer2"]),
        ({"trainable": "all"}, ["conv1", *ALL], ALL),
    ],
    ids=["constant", "drift", "layer4", "blocks", "all"],
)
def test_only_what_is_trainable_moves_and_statistics_drift_as_published(start, arrays, change, learns, drifts):
    settings = SETTINGS.model_copy(update=change)
    expected = {"fc", *learns, *(f"{part} statistics" for part in drifts)}
    assert moved_by_training(start, settings, arrays) == expected


def test_cached_features_give_the_head_that_the_frozen_backbone_gives(start, arrays):
    settings = SETTINGS.model_copy(update={"epochs": 3})
    backbone = load_backbone(start, CPU)
    features = {
        f"{split}_features": embed_penultimate(backbone, arrays[f"{split}_images"], CPU) for split in ("train", "test")
    }
    cost = {"gflops": forward_gflops(backbone, arrays["test_images"], CPU), "seconds": 0.5}
    torch.manual_seed(0)
    running = transferred(start, settings, 2, CPU)
    head_start = {key: value.clone() for key, value in running.model.fc.state_dict().items()}
    torch.manual_seed(1)
    slow = train_transfer(running, arrays, settings, 0, CPU)
    cached = arrays | features
    torch.manual_seed(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch.nn.Linear, "reset_parameters", lambda self: self.load_state_dict(head_start))
        _, fast = train_head(cached, settings, 0, cost)
    assert fast.logits == pytest.approx(slow.logits, abs=1e-3)
    assert fast.epochs[-1]["val_accuracy"] == slow.epochs[-1]["val_accuracy"]
    # Features are extracted once, where the backbone would run in every epoch.
    assert [row["gflops"] for row in fast.epochs] == [64 * cost["gflops"], 0, 0]
    assert sum(row["gflops"] for row in slow.epochs) > 2 * sum(row["gflops"] for row in fast.epochs)
    assert fast.epochs[0]["seconds"] > 32 > fast.epochs[1]["seconds"]


def test_random_weights_are_drawn_anew(start):
    torch.manual_seed(5)
    first, second = (transferred(start, SETTINGS.model_copy(update={"init": "random"}), 2, CPU) for _ in range(2))
    pretrained = transferred(start, SETTINGS, 2, CPU)
    weights = [backbone.model.layer2[0].conv1.weight for backbone in (first, second, pretrained)]
    assert not torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])
    assert first.model.bn1.running_mean.count_nonzero() == 0


def test_a_new_head_starts_alike_on_pretrained_and_on_random_weights(tmp_path):
    """An EfficientNet's own start has logits eleven times as wide, from which training loses points."""
    architecture = backbones.architecture("efficientnet-lite0")
    start, names = tmp_path / "b.safetensors", [str(number) for number in range(7)]
    save_backbone(start, build(architecture, 7), architecture, names, "drawn")
    for init in ("pretrained", "random"):
        model = transferred(start, SETTINGS.model_copy(update={"init": init}), 10, CPU).model
        assert 0.02 < model.classifier.weight.abs().max() <= model.num_features**-0.5


def test_a_transferred_model_comes_back_from_its_checkpoint(start, tmp_path):
    settings = SETTINGS.model_copy(update={"skips": False, "normalisation": "half", "size": 48})
    backbone = transferred(start, settings, 2, CPU)
    save_transferred(tmp_path / "m.safetensors", backbone, start, settings, ["dark", "bright"])
    again = load_transferred(tmp_path / "m.safetensors", CPU)
    images = torch.randint(0, 256, (3, 28, 28), dtype=torch.uint8)
    assert again.preprocess(images).shape == (3, 3, 48, 48)
    with torch.no_grad():
        expected = backbone.model.eval()(backbone.preprocess(images))
        assert torch.allclose(again.model(again.preprocess(images)), expected, atol=1e-5)


def test_the_split_holds_out_images_that_do_not_train():
    split = SETTINGS.model_copy(update={"validation": "split", "share": 0.8})
    rows, held_out = split_rows(100, split, 3)
    assert sorted([*rows, *held_out]) == list(range(80))
    assert len(held_out) == 20
    assert np.array_equal(split_rows(100, split, 3)[1], held_out)
    rows, held_out = split_rows(100, SETTINGS, 3)
    assert len(rows) == 100
    assert len(held_out) == 0


# --- embeddings and their numbers


def test_hooks_give_the_pooled_features_of_a_reference_forward(start):
    backbone = load_backbone(start, CPU)
    images = np.random.default_rng(0).integers(0, 256, (5, 28, 28), np.uint8)
    layers = embed_layers(backbone, images, CPU)
    assert list(layers) == list(LAYERS)
    with torch.no_grad():
        x = backbone.preprocess(torch.from_numpy(images))
        model = backbone.model
        x = model.maxpool(model.act1(model.bn1(model.conv1(x))))
        for name in LAYERS[:-1]:
            x = getattr(model, name)(x)
            assert layers[name] == pytest.approx(x.mean((2, 3)).numpy(), abs=1e-5)
        assert layers["penultimate"] == pytest.approx(model.layer4(x).mean((2, 3)).numpy(), abs=1e-5)
    assert layers["penultimate"] == pytest.approx(embed_penultimate(backbone, images, CPU), abs=1e-6)
    assert not model.layer1._forward_hooks


def test_figure1_has_the_images_of_the_notebook_in_its_order():
    """random.seed(42), random.shuffle of range(10000), the first 1,000."""
    rows = draw_rows(10_000, 1000)
    assert rows[:5].tolist() == [3771, 6672, 7261, 760, 3779]
    assert len(set(rows)) == 1000
    assert sorted(draw_rows(5, 20)) == list(range(5))


def test_cka_is_one_for_a_rotation_and_a_scaling():
    generator = np.random.default_rng(0)
    embeddings = generator.normal(size=(50, 8))
    rotation, _ = np.linalg.qr(generator.normal(size=(8, 8)))
    assert linear_cka(embeddings, embeddings) == pytest.approx(1)
    assert linear_cka(embeddings, 3 * embeddings @ rotation + 5) == pytest.approx(1)
    assert linear_cka(embeddings[:, :4], generator.normal(size=(50, 4))) < 0.5


def test_heads_that_were_never_trained_answer_by_pytorchs_first_weights():
    features = np.random.default_rng(0).normal(size=(5, 8)).astype(np.float32)
    answers = untrained_answers(features, 3, [4, 5])
    torch.manual_seed(4)
    head = torch.nn.Linear(8, 3)
    assert answers.shape == (2, 5) and answers.dtype == np.int64
    assert np.array_equal(answers[0], head(torch.from_numpy(features)).argmax(1))
    assert not np.array_equal(answers[0], answers[1])


def test_confusion_and_similarity():
    counts = confusion(np.array([0, 0, 1, 2, 0]), np.array([0, 1, 1, 2, 1]), 3)
    assert counts.tolist() == [[1, 0, 0], [2, 1, 0], [0, 0, 1]]
    assert confused_pairs(counts, 1) == [(1, 0)]
    embeddings = np.array([[1.0, 0], [1, 0], [-1, 0], [-1, 0]])
    similarity = class_similarity(embeddings, np.array([0, 0, 2, 2]), 3)
    assert similarity == pytest.approx(np.array([[1, 0, -1], [0, 0, 0], [-1, 0, 1]]))  # of class 1 there is no image


def test_the_reports_matrix_is_read_as_it_was_printed():
    """80 of its 1,000 images are right, and dogs and frogs are taken for each other most often."""
    published = read_published(ROOT / "config/published/resnet.yaml", "figure3")
    classes = list(published["class"])
    counts = printed_confusion(published, classes)
    assert (counts.sum(), np.trace(counts)) == (1000, 80)
    pairs = [{classes[i], classes[j]} for i, j in confused_pairs(counts, 3)]
    assert pairs == [{"dog", "frog"}, {"truck", "frog"}, {"airplane", "frog"}]
    assert printed_confusion(published, ["T-shirt", *classes[1:]]) is None


def test_confusions_follow_the_similarity_of_classes_or_not():
    rng = np.random.default_rng(0)
    similarity = np.corrcoef(rng.normal(size=(10, 3)))
    follow = confusion_metrics(np.round(50 + 50 * similarity).astype(int), similarity, 0)
    assert follow["confusion_similarity"] > 0.99 and follow["confusion_similarity_p"] < 0.001
    counts = np.round(50 - 50 * similarity).astype(int)
    assert confusion_metrics(counts, similarity, 0)["confusion_similarity"] < -0.99
    none = confusion_metrics(np.diag([5] * 10), similarity, 0)
    assert (none["confusion_similarity"], none["confusion_similarity_p"], none["right"]) == (0, 1, 1)


def test_mantels_test_is_right_where_pairs_share_a_class(monkeypatch):
    """One class is unlike all others in one matrix, another class in the other: 9 pairs of 45 stand out in each, and a
    test that takes pairs for independent would find that often. Under the null, p is below 0.1 in a tenth of cases."""

    def odd(rng) -> np.ndarray:
        values = 0.1 * rng.normal(size=(10, 10))
        number = rng.integers(10)
        values[number] -= 1
        values[:, number] -= 1
        return values + values.T

    monkeypatch.setattr("archdyn.measures.mantel.PERMUTATIONS", 400)
    rng = np.random.default_rng(0)
    found = [mantel(odd(rng), odd(rng), rng) for _ in range(200)]
    assert np.mean([p < 0.1 for _, p in found]) < 0.16


def test_transfer_metrics_count_and_bound():
    epochs = pd.DataFrame(
        {
            "train_accuracy": [0.5, 0.6],
            "val_accuracy": [0.4, 0.7],
            "trainable_parameters": 10,
            "gflops": [200.0, 200.0],
            "seconds": [1.0, 2.0],
        }
    )
    values = transfer_metrics(epochs, np.eye(2)[[0, 1, 1, 1]], np.array([0, 1, 1, 0]))
    assert values["test_accuracy"] == 0.75
    assert (values["test_accuracy_low"], values["test_accuracy_high"]) == pytest.approx((0.3006, 0.9544), abs=1e-3)
    assert values["gflops"] == 400
    assert values["seconds"] == 3


def test_strategies_stand_beside_the_report():
    published = pd.DataFrame({"condition": ["random"], "train": [85.94], "val": [84.66]})
    by_epoch = pd.DataFrame({"epoch": [1, 2], "random": [83.31, 84.66]})
    other = pd.DataFrame({"epoch": [1], "train": [38.52], "val": [48.49]})
    epochs = pd.DataFrame(
        {
            "condition": ["random_published"] * 2 + ["full_corrected"] * 2,
            "epoch": [1, 2] * 2,
            "train_accuracy": [50.0, 60.0, 70.0, 80.0],
            "val_accuracy": [40.0, 55.0, 60.0, 90.0],
        }
    )
    names = {"random_published": "random weights", "full_corrected": "all of it"}
    table = strategies_table(published, by_epoch, {"random": other}, epochs, names)
    assert table[["condition", "source"]].to_numpy().tolist() == [
        ["random weights", "report"],
        ["random weights", "report's notebook, other run"],
        ["random weights", "ours, published protocol"],
        ["all of it", "ours, corrected"],
    ]
    assert table["val"].tolist() == ["84.66", "–", "55.00 (-29.66)", "90.00"]
    assert table["val by epoch"].tolist() == ["83.3, 84.7", "48.5", "40.0, 55.0", "60.0, 90.0"]


def test_table1_is_one_training_of_ten_epochs_of_which_the_report_prints_the_later_ones(tmp_path):
    """Its notebook plots the first five."""
    runs = [("baseline_published", 0, epoch, epoch / 100, epoch / 100) for epoch in range(1, 11)]
    epochs = pd.DataFrame(runs, columns=["condition", "seed", "epoch", "train_accuracy", "val_accuracy"])
    epochs.to_csv(tmp_path / "epochs.csv")
    inputs = SimpleNamespace(published=ROOT / "config/published/resnet.yaml", epochs=[tmp_path / "epochs.csv"])
    table = table1(inputs, {})
    assert table["epoch"].tolist() == [epoch for epoch in range(1, 11) for _ in range(2)]
    report = table[table["source"] != "ours, published protocol"].set_index("epoch")["train"]
    assert (report[1], report[5], report[6], report[10]) == ("77.50", "82.70", "83.10", "84.14")
    ours = table[table["source"] == "ours, published protocol"]
    assert ours["val"].tolist()[-1] == "10.00 (-73.81)"


def test_a_last_batch_of_one_joins_the_batch_before(start, arrays):
    short = {name: array[:33] if "train" in name else array for name, array in arrays.items()}
    settings = SETTINGS.model_copy(update={"trainable": "all", "batchnorm": "drift", "batch_size": 16})
    made = train_transfer(transferred(start, settings, 2, CPU), short, settings, 0, CPU)
    assert np.isfinite(made.epochs[0]["train_loss"])
    assert 0 <= made.epochs[0]["train_accuracy"] <= 1


@pytest.mark.parametrize("training", [train_transfer, pretrain])
def test_images_that_do_not_fit_are_read_by_batch_to_the_same_result(start, arrays, training, monkeypatch):
    def trained() -> list[torch.Tensor]:
        torch.manual_seed(0)
        backbone = transferred(start, SETTINGS.model_copy(update={"trainable": "layer4"}), 2, CPU)
        if training is train_transfer:
            train_transfer(backbone, arrays, SETTINGS.model_copy(update={"epochs": 2, "validation": "split"}), 0, CPU)
        else:
            settings = Pretraining(
                dataset="mnist", images=50, test_images=None, epochs=2, batch_size=16, learning_rate=1e-2
            )
            pretrain(backbone.model, backbones.architecture("resnet18-narrow")["preprocessing"], arrays, settings, CPU)
        return list(backbone.model.state_dict().values())

    resident = trained()
    asked = []
    monkeypatch.setattr("archdyn.networks.training_images.fits", lambda size, device: bool(asked.append(size)))
    assert all(torch.equal(*pair) for pair in zip(resident, trained(), strict=True))
    assert asked == [(48 if training is train_transfer else 50) * 28 * 28]


def test_a_layers_probe_has_the_penalty_that_does_best_on_held_out_images():
    generator = np.random.default_rng(1)
    labels = np.arange(300) % 3
    layer = np.hstack([np.eye(3)[labels] + 0.5 * generator.normal(size=(300, 3)), generator.normal(size=(300, 200))])
    values, images = layer_metrics(layer[:200], labels[:200], layer[200:], labels[200:], 5, 0.3)
    probe = corrected_probe(layer[:200], labels[:200], 0, 0.3)
    assert values["probe_log10_c"] == np.log10(probe.c)
    assert np.array_equal(images["probe_accuracy"], probe.model.predict(layer[200:]) == labels[200:])
    assert images["probe_accuracy"].mean() == values["probe_accuracy"]


def test_projections_start_from_each_seed(monkeypatch):
    """In the place of UMAP, which compiles for seconds, something that shows the seed."""
    name = "archdyn.measures.two_dimensions.umap"
    monkeypatch.setattr(name, lambda embeddings, seed: two_dimensions.tsne(embeddings) + seed)
    rng = np.random.default_rng(0)
    labels = np.arange(60) % 3
    embeddings = (4 * np.eye(3, 8)[labels] + rng.normal(size=(60, 8))).astype(np.float32)
    found = projected(embeddings, labels, 5, [0, 1])
    assert set(found) == {"tsne", "umap"}
    for by_seed in found.values():
        points, values, images = by_seed[0]
        assert points.shape == (60, 2)
        assert values["knn_accuracy"] == images["knn_accuracy"].mean() > 0.8
    np.testing.assert_allclose(found["umap"][1][0] - found["umap"][0][0], 1, rtol=1e-5)
