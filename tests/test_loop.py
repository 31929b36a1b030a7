"""A training that is stopped and continued reaches the same numbers, bit for bit, as one that is not."""

from pathlib import Path

import numpy as np
import pytest
import torch
import yaml

from archdyn.data import backbones
from archdyn.errors import ArchdynError
from archdyn.experiments.clip.settings import ClipPretraining
from archdyn.experiments.clip.train import pretrain_clip
from archdyn.experiments.gan.settings import GanTraining
from archdyn.experiments.gan.train import train_gan
from archdyn.experiments.resnet.model import freeze
from archdyn.experiments.resnet.settings import TransferTraining
from archdyn.experiments.resnet.train import train_transfer
from archdyn.experiments.vae.settings import VaeTraining
from archdyn.experiments.vae.train import train_vae
from archdyn.networks.backbones import Backbone, build
from archdyn.networks.checkpoint import load_state, save_state
from archdyn.networks.classifier_training import train_classifier
from archdyn.networks.loop import Interruption
from archdyn.networks.preprocessing import Preprocess
from archdyn.networks.pretraining import pretrain
from archdyn.settings.common import ClassifierTraining, Pretraining, merged_condition
from conftest import ROOT

CPU = torch.device("cpu")
CONFIG = yaml.safe_load((ROOT / "config/config.yaml").read_text())
EPOCHS, STEPS = 3, 4  # per epoch


def images(n: int = 200) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (n, 28, 28), dtype=np.uint8)


def gan(condition: str, on_epoch, interruption):
    settings = merged_condition(CONFIG["gan"], condition) | {"epochs": EPOCHS, "images": 200}
    made = train_gan(images(), images(20), GanTraining.model_validate(settings), CPU, on_epoch, interruption)
    return [made.generator, made.discriminator], [made.steps, *made.samples.values()], made.epochs


def vae(condition: str, on_epoch, interruption):
    changes = {"epochs": EPOCHS, "batch_size": 64, "start": "fresh"}
    settings = merged_condition(CONFIG["vae"], condition) | changes
    made = train_vae(images(), images(20), VaeTraining.model_validate(settings), CPU, on_epoch, None, interruption)
    return [made.model, made.optimiser], [], made.epochs


def labelled() -> dict[str, np.ndarray]:
    labels = np.arange(200) % 10
    return {"train_images": images(), "train_labels": labels, "test_images": images(20), "test_labels": labels[:20]}


def classifier(_, on_epoch, interruption):
    settings = ClassifierTraining(epochs=EPOCHS, batch_size=64, learning_rate=4e-3)
    model, epochs = train_classifier(labelled(), 10, settings, CPU, on_epoch, interruption)
    return [model], [], epochs


def clip(_, on_epoch, interruption):
    architecture = backbones.architecture("clip-narrow")
    arrays = {"train_images": images(), "train_labels": np.arange(200) % 10}
    changes = {"epochs": EPOCHS, "batch_size": 64}
    settings = ClipPretraining.model_validate(CONFIG["clip"]["pretraining"] | changes)
    model = build(architecture, 0)
    preprocessing, classes = architecture["preprocessing"], list("0123456789")
    epochs = pretrain_clip(model, preprocessing, arrays, classes, settings, CPU, on_epoch, interruption)
    return [model], [], epochs


def backbone(_, on_epoch, interruption):
    architecture = backbones.architecture("resnet18-narrow")
    model = build(architecture, 10)
    changes = {"epochs": EPOCHS, "batch_size": 64}
    settings = Pretraining.model_validate(CONFIG["resnet"]["pretraining"] | changes)
    epochs = pretrain(model, architecture["preprocessing"], labelled(), settings, CPU, on_epoch, interruption)
    return [model], [], epochs


def resnet(condition: str, on_epoch, interruption):
    changes = {"epochs": EPOCHS, "batch_size": 64, "validation": "test"}
    protocol = {"precision": "float32", "validation_share": 0.1, "size": None}
    training = merged_condition(CONFIG["resnet"], condition) | changes | protocol
    settings = TransferTraining.model_validate(training)
    architecture = backbones.architecture("resnet18-narrow")
    model = freeze(build(architecture, 10), settings.trainable).to(memory_format=torch.channels_last)
    whole = Backbone(model, Preprocess(architecture["preprocessing"], CPU), [], "drawn")
    made = train_transfer(whole, labelled(), settings, 0, CPU, on_epoch, interruption)
    epochs = [{key: value for key, value in row.items() if key != "seconds"} for row in made.epochs]
    return [model], [made.logits], epochs


TRAININGS = {
    "gan baseline": gan,
    "gan overfit_dropout": gan,
    "gan linder_noren_20": gan,
    "vae annealing_corrected": vae,
    "classifier": classifier,
    "clip": clip,
    "backbone": backbone,
    "resnet layer4_published": resnet,
}


class After:
    """Asks to stop after so many steps, counted over all attempts; never after the last of them."""

    def __init__(self, *stops: int):
        self.stops, self.steps = stops, 0

    def __call__(self) -> bool:
        self.steps += 1
        return self.steps in self.stops


def train(name: str, path: Path, requested=lambda: False, digest="same", on_epoch=lambda row: None, say=print):
    torch.manual_seed(0)
    interruption = Interruption(path, digest, requested, say)
    return TRAININGS[name](name.partition(" ")[2], on_epoch, interruption)


def equal(first, second) -> bool:
    weights = zip(first[0], second[0], strict=True)
    states = [zip(a.state_dict().values(), b.state_dict().values(), strict=True) for a, b in weights]
    same_arrays = all(np.array_equal(a, b) for a, b in zip(first[1], second[1], strict=True))
    return same_arrays and all(torch.equal(*pair) for pairs in states for pair in pairs) and first[2] == second[2]


@pytest.mark.parametrize("name", TRAININGS)
def test_a_stopped_training_ends_as_an_uninterrupted_one(name, tmp_path):
    path = tmp_path / ".checkpoint"
    whole = train(name, path)
    assert not path.exists()
    requested = After(1, STEPS, STEPS + 2, EPOCHS * STEPS)  # early, after an epoch's last step, within one, at the end
    for position in ("epoch 1, step 1", "epoch 1, step 4", "epoch 2, step 2", "epoch 3, step 4"):
        with pytest.raises(ArchdynError, match=f"stopped on request after {position} of 4"):
            train(name, path, requested)
    torch.rand(7), np.random.rand(7)
    assert equal(train(name, path, requested), whole)
    assert requested.steps == EPOCHS * STEPS


def test_what_was_reported_before_the_stop_is_reported_again(tmp_path):
    path, rows, lines = tmp_path / ".checkpoint", [], []
    with pytest.raises(ArchdynError):
        train("gan baseline", path, After(2 * STEPS + 1))
    train("gan baseline", path, on_epoch=rows.append, say=lines.append)
    assert [row["epoch"] for row in rows] == [1, 2, 3]
    assert all(row["images_per_s"] > 0 and row["eta_s"] >= 0 for row in rows)
    assert lines == [f"goes on after epoch 3, step 1 of 4, from {path}"]


@pytest.mark.fault("the training starts afresh.")
def test_a_state_of_another_training_is_dropped(tmp_path):
    path, lines = tmp_path / ".checkpoint", []
    with pytest.raises(ArchdynError):
        train("gan baseline", path, After(5))
    fresh = train("gan baseline", path, digest="another", say=lines.append)
    assert lines == [f"starts afresh: settings, data or code are not those of {path}"]
    assert not path.exists()
    assert equal(fresh, train("gan baseline", path))


def test_a_state_survives_the_file(tmp_path):
    groups = [{"betas": [0.5, 0.999], "fused": True}]
    state = {
        "optimiser": {"state": {0: {"step": torch.tensor(3.0)}}, "param_groups": groups},
        "words": np.array([1, 2**32 - 1], np.uint32),
        "rows": [[{"loss": 0.1 + 0.2, "none": None}, {}]],
    }
    save_state(tmp_path / "state", state)
    loaded = load_state(tmp_path / "state")
    assert loaded["optimiser"] == state["optimiser"]
    assert loaded["words"].tolist() == [1, 2**32 - 1]
    assert loaded["rows"] == state["rows"]


@pytest.mark.fault("one line names the file.")
def test_a_state_that_cannot_be_written_or_read_is_named(tmp_path):
    with pytest.raises(ArchdynError, match=r"nowhere/state: cannot be written \(.*No such file"):
        save_state(tmp_path / "nowhere/state", {})
    (tmp_path / "state").write_bytes(b"\x80\x04")
    with pytest.raises(ArchdynError, match="state: not a readable safetensors checkpoint"):
        load_state(tmp_path / "state")
