"""Section 2: what is changed in a ResNet, what of it learns, and the numbers of its layers."""

import numpy as np
import pandas as pd
import pytest
import torch
from torch.nn.functional import relu

from archdyn.data import backbones
from archdyn.errors import ArchdynError
from archdyn.experiments.resnet.embed import LAYERS, draw_rows, embed_layers, embed_penultimate, embed_with_head
from archdyn.experiments.resnet.figures import confused_pairs
from archdyn.experiments.resnet.metrics import (
    check_projectable,
    class_similarity,
    confusion,
    confusion_similarity,
    layer_metrics,
    linear_cka,
    transfer_metrics,
)
from archdyn.experiments.resnet.model import blocks, load_transferred, remove_skips, save_transferred, transferred
from archdyn.experiments.resnet.settings import ResnetMode, TransferTraining
from archdyn.experiments.resnet.tables import strategies_table, warm_restart_table
from archdyn.experiments.resnet.train import forward_gflops, gradient_norms, split_rows, train_head, train_transfer
from archdyn.measures.probes import corrected_probe
from archdyn.networks.backbones import build, load_backbone, save_backbone
from archdyn.networks.pretraining import pretrain
from archdyn.networks.read_ahead import TrainingImages
from archdyn.settings.common import Pretraining

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


def drifted(before: dict, after: dict) -> set[str]:
    """Which kinds of tensors changed: weights of the backbone, BatchNorm statistics, head."""
    changed = {key for key in before if not torch.equal(before[key], after[key]) and "num_batches" not in key}
    kinds = {"statistics": lambda key: "running" in key, "head": lambda key: key.startswith("fc")}
    return {next((kind for kind, is_one in kinds.items() if is_one(key)), key.split(".")[0]) for key in changed}


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


def test_gradients_are_named_by_block_and_finite(start, arrays):
    backbone = transferred(start, SETTINGS.model_copy(update={"skips": False}), 2, CPU)
    mode = ResnetMode(skips=False, trainable="blocks", batchnorm="constant")
    norms = gradient_norms(backbone, mode, arrays["train_images"], arrays["train_labels"], 16, CPU)
    assert not backbone.model.layer3[0].bn1.training  # frozen in that training, and constant
    assert backbone.model.layer1[0].bn1.training
    assert list(norms) == [f"layer{layer}.{block}" for layer in (1, 2, 3, 4) for block in (0, 1)]
    assert all(np.isfinite(value) and value > 0 for value in norms.values())


# --- what learns, and what drifts


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, {"head"}),
        ({"batchnorm": "drift"}, {"head", "statistics"}),
        ({"trainable": "layer4"}, {"head", "layer4", "statistics"}),
        ({"trainable": "blocks", "skips": False}, {"head", "layer1", "layer2", "statistics"}),
        ({"trainable": "all"}, {"head", "conv1", "bn1", "layer1", "layer2", "layer3", "layer4", "statistics"}),
    ],
    ids=["constant", "drift", "layer4", "blocks", "all"],
)
def test_only_what_is_trainable_moves_and_statistics_drift_as_published(start, arrays, change, expected):
    torch.manual_seed(0)
    settings = SETTINGS.model_copy(update=change)
    backbone = transferred(start, settings, 2, CPU)
    before = {key: tensor.clone() for key, tensor in backbone.model.state_dict().items()}
    train_transfer(backbone, arrays, settings, 0, CPU)
    assert drifted(before, backbone.model.state_dict()) == expected


def test_frozen_statistics_stay_where_layer4_learns(start, arrays):
    settings = SETTINGS.model_copy(update={"trainable": "layer4"})
    backbone = transferred(start, settings, 2, CPU)
    before = backbone.model.layer3[0].bn1.running_mean.clone()
    train_transfer(backbone, arrays, settings, 0, CPU)
    assert torch.equal(backbone.model.layer3[0].bn1.running_mean, before)


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
    first = transferred(start, SETTINGS.model_copy(update={"init": "random"}), 2, CPU)
    second = transferred(start, SETTINGS.model_copy(update={"init": "random"}), 2, CPU)
    pretrained = transferred(start, SETTINGS, 2, CPU)
    weights = [backbone.model.layer2[0].conv1.weight for backbone in (first, second, pretrained)]
    assert not torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])
    assert first.model.bn1.running_mean.count_nonzero() == 0
    assert first.weights == "drawn (random weights)"


def test_a_transferred_model_comes_back_from_its_checkpoint(start, tmp_path):
    settings = SETTINGS.model_copy(update={"skips": False, "normalisation": "half"})
    backbone = transferred(start, settings, 2, CPU)
    save_transferred(tmp_path / "m.safetensors", backbone, start, settings, ["dark", "bright"])
    again = load_transferred(tmp_path / "m.safetensors", CPU)
    images = torch.randint(0, 256, (3, 28, 28), dtype=torch.uint8)
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


def test_drawn_rows_are_distinct_and_always_the_same():
    rows = draw_rows(50, 20)
    assert len(set(rows)) == 20
    assert np.array_equal(rows, draw_rows(50, 20))
    assert sorted(draw_rows(5, 20)) == list(range(5))


def test_figure1_has_the_images_of_the_notebook_in_its_order():
    """random.seed(42), random.shuffle of range(10000), the first 1,000."""
    assert draw_rows(10_000, 1000)[:5].tolist() == [3771, 6672, 7261, 760, 3779]


def test_cka_is_one_for_a_rotation_and_a_scaling():
    generator = np.random.default_rng(0)
    embeddings = generator.normal(size=(50, 8))
    rotation, _ = np.linalg.qr(generator.normal(size=(8, 8)))
    assert linear_cka(embeddings, embeddings) == pytest.approx(1)
    assert linear_cka(embeddings, 3 * embeddings @ rotation + 5) == pytest.approx(1)
    assert linear_cka(embeddings[:, :4], generator.normal(size=(50, 4))) < 0.5


def test_a_head_that_was_never_trained_sees_the_features_of_half_normalised_images(start):
    images = np.random.default_rng(0).integers(0, 256, (5, 28, 28), dtype=np.uint8)
    torch.manual_seed(0)
    untrained = transferred(start, SETTINGS.model_copy(update={"normalisation": "half"}), 3, CPU)
    untrained.model.eval()
    found = embed_with_head(untrained, images, CPU)
    halves = load_backbone(start, CPU, {"mean": [0.5] * 3, "sd": [0.5] * 3})
    assert found["features"] == pytest.approx(embed_penultimate(halves, images, CPU), abs=1e-5)
    head = untrained.model.get_classifier()
    expected = found["features"] @ head.weight.detach().numpy().T + head.bias.detach().numpy()
    assert found["logits"] == pytest.approx(expected, abs=1e-4)
    assert head.weight.abs().max() <= 1 / np.sqrt(head.in_features)  # PyTorch's own first weights


def test_confusion_and_similarity():
    logits = np.eye(3)[[0, 0, 1, 2, 0]]
    counts = confusion(logits, np.array([0, 1, 1, 2, 1]), 3)
    assert counts.tolist() == [[1, 0, 0], [2, 1, 0], [0, 0, 1]]
    assert confused_pairs(counts, 1) == [(1, 0)]
    embeddings = np.array([[1.0, 0], [1, 0], [-1, 0], [-1, 0]])
    assert class_similarity(embeddings, np.array([0, 0, 1, 1]), 2) == pytest.approx(np.array([[1, -1], [-1, 1]]))


def test_transfer_metrics_count_and_bound():
    epochs = pd.DataFrame(
        {
            "train_accuracy": [0.5, 0.6],
            "val_accuracy": [0.4, 0.7],
            "trainable_parameters": 10,
            "gflops": [200.0, 200.0],
            "seconds": [1.0, 2.0],
            "jobs_on_device": [1, 3],
        }
    )
    values = transfer_metrics(epochs, np.eye(2)[[0, 1, 1, 1]], np.array([0, 1, 1, 0]))
    assert values["test_accuracy"] == 0.75
    assert (values["test_accuracy_low"], values["test_accuracy_high"]) == pytest.approx((0.3006, 0.9544), abs=1e-3)
    assert values["gflops"] == 400
    assert values["seconds"] == values["jobs_on_device"] == 3


def test_strategies_stand_beside_the_report():
    published = pd.DataFrame({"condition": ["head"], "train": [85.94], "val": [84.66]})
    by_epoch = pd.DataFrame({"epoch": [1, 2], "head": [83.31, 84.66]})
    epochs = pd.DataFrame(
        {
            "condition": ["head_published"] * 2 + ["full_corrected"] * 2,
            "epoch": [1, 2] * 2,
            "train_accuracy": [0.5, 0.6, 0.7, 0.8],
            "val_accuracy": [0.4, 0.55, 0.6, 0.9],
        }
    )
    table = strategies_table(published, by_epoch, epochs, ["head", "full"])
    assert table[["condition", "source"]].to_numpy().tolist() == [
        ["head", "report"],
        ["head", "ours, published protocol"],
        ["full", "ours, corrected"],
    ]
    assert table["val"].tolist() == ["84.66", "55.00 (-29.66)", "90.00"]
    assert table["val 1"].tolist() == ["83.31", "40.00", "60.00"]


def test_table1_stands_beside_the_second_half_of_one_training_and_the_first():
    published = pd.DataFrame({"epoch": [1, 5], "train": [83.10, 84.14], "val": [82.72, 83.81]})
    runs = [("baseline_published", epoch, epoch / 100, epoch / 100) for epoch in range(1, 11)]
    epochs = pd.DataFrame(runs, columns=["condition", "epoch", "train_accuracy", "val_accuracy"])
    table = warm_restart_table(published, epochs, "baseline", restart_after=5)
    assert table.loc[table["source"] == "ours, trained on", "val"].tolist() == ["6.00 (-76.72)", "10.00 (-73.81)"]
    assert table.loc[table["source"] == "ours, from a fresh head", "val"].tolist() == ["1.00", "5.00"]
    assert "ours, corrected" not in set(table["source"])  # which did not run


def test_a_last_batch_of_one_joins_the_batch_before(start, arrays):
    short = {name: array[:33] if "train" in name else array for name, array in arrays.items()}
    settings = SETTINGS.model_copy(update={"trainable": "all", "batchnorm": "drift", "batch_size": 16})
    made = train_transfer(transferred(start, settings, 2, CPU), short, settings, 0, CPU)
    assert np.isfinite(made.epochs[0]["train_loss"])
    assert 0 <= made.epochs[0]["train_accuracy"] <= 1


def test_too_few_images_to_project_are_refused():
    check_projectable(31, 15)
    with pytest.raises(ArchdynError, match="30 test images are too few to project; allowed: 31 or more"):
        check_projectable(30, 10)
    with pytest.raises(ArchdynError, match="allowed: 101 or more"):
        check_projectable(100, 50)


@pytest.mark.parametrize("training", [train_transfer, pretrain])
def test_images_that_do_not_fit_are_read_ahead_to_the_same_result(start, arrays, training, monkeypatch):
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
    monkeypatch.setattr("archdyn.networks.read_ahead.fits", lambda size, device: bool(asked.append(size)))
    assert all(torch.equal(*pair) for pair in zip(resident, trained(), strict=True))
    assert asked == [(48 if training is train_transfer else 50) * 28 * 28]


def test_batches_are_read_while_others_are_worked_on(monkeypatch):
    monkeypatch.setattr("archdyn.networks.read_ahead.fits", lambda size, device: False)
    source = np.random.default_rng(0).integers(0, 256, (20, 4, 4), np.uint8)
    images = TrainingImages(source, np.arange(5, 15), CPU)
    batches = [torch.tensor([3, 1]), torch.tensor([0, 9])]
    images.announce(batches)
    read = []
    monkeypatch.setattr(images, "_read", lambda index: read.append(index))
    assert torch.equal(images[batches[0]], torch.from_numpy(source[[8, 6]]))  # read before it was asked for
    images._ahead[1].result()
    assert [index.tolist() for index in read] == [[0, 9]]  # and the next one after it


def test_a_layers_probe_has_the_penalty_that_does_best_on_held_out_images():
    generator = np.random.default_rng(1)
    labels = np.arange(300) % 3
    layer = np.hstack([np.eye(3)[labels] + 0.5 * generator.normal(size=(300, 3)), generator.normal(size=(300, 200))])
    values, images = layer_metrics(layer[:200], labels[:200], layer[200:], labels[200:], 5, 0.3)
    probe = corrected_probe(layer[:200], labels[:200], 0, 0.3)
    assert values["probe_log10_c"] == np.log10(probe.c)
    assert np.array_equal(images["probe_accuracy"], probe.model.predict(layer[200:]) == labels[200:])
    assert images["probe_accuracy"].mean() == values["probe_accuracy"]


def test_confusions_follow_the_similarity_of_classes_or_not():
    similarity = np.array([[1.0, 0.9, 0.1, 0.2], [0.9, 1.0, 0.3, 0.4], [0.1, 0.3, 1.0, 0.8], [0.2, 0.4, 0.8, 1.0]])
    counts = np.round(100 * similarity).astype(int)
    assert confusion_similarity(counts, similarity) == pytest.approx(1)
    assert confusion_similarity(-counts, similarity) == pytest.approx(-1)
    assert confusion_similarity(np.diag([5, 5, 5, 5]), similarity) == 0
