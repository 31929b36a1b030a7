"""The GAN's networks and its training."""

import numpy as np
import pytest
import torch
import yaml
from torch import nn

from archdyn.errors import ArchdynError
from archdyn.experiments.gan.model import MinibatchDiscrimination, build_discriminator, build_generator
from archdyn.experiments.gan.settings import GanTraining
from archdyn.experiments.gan.train import SAMPLES, STEP_COLUMNS, _Game, train_gan
from archdyn.settings.common import merged_condition
from conftest import ROOT

CPU = torch.device("cpu")
BLOCK = yaml.safe_load((ROOT / "config/config.yaml").read_text())["gan"]


def settings(condition: str, **changes) -> GanTraining:
    training = GanTraining.model_validate(merged_condition(BLOCK, condition))
    return training.model_copy(update={"epochs": 2} | changes)


def images(n: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (n, 28, 28), dtype=np.uint8)


def widths(model: nn.Module) -> list[int]:
    linear = [layer for layer in model.modules() if isinstance(layer, nn.Linear)]
    return [linear[0].in_features, *(layer.out_features for layer in linear)]


def trained(condition: str, seed: int = 0, **changes):
    torch.manual_seed(seed)
    return train_gan(images(130), images(40, 1), settings(condition, **changes), CPU)


def test_architectures_are_as_published():
    report, comparator = settings("baseline"), settings("linder_noren_20")
    assert widths(build_generator(report, 784)) == [100, 256, 512, 784]
    assert widths(build_discriminator(report, 784)) == [784, 256, 256, 1]
    assert widths(build_generator(comparator, 784)) == [100, 128, 256, 512, 1024, 784]
    assert widths(build_discriminator(comparator, 784)) == [784, 512, 256, 1]


def test_weights_are_drawn_as_the_notebook_draws_them():
    """Tables 7 and 8 with an sd of 0.02, as DCGAN; the baseline all but BatchNorm's; Figure 9 as PyTorch does."""
    drawn = {}
    for condition in BLOCK["conditions"]:
        torch.manual_seed(0)
        chosen = settings(condition, architecture="report", batchnorm_place="after")
        linear, _, batchnorm = build_generator(chosen, 784)[3:6]
        spreads = batchnorm.weight.std().item(), linear.weight.std().item()
        drawn[condition] = spreads[0] == pytest.approx(0.02, rel=0.15), spreads[1] == pytest.approx(0.02, rel=0.05)
        assert batchnorm.weight.mean().item() == pytest.approx(1, abs=0.01)
    of_dcgan = {name for name, (of_batchnorm, _) in drawn.items() if of_batchnorm}
    vanishing, mitigated = ("published", "corrected"), ("", "_wrong_sign", "_minimax")
    assert of_dcgan == {f"vanishing_{name}" for name in vanishing} | {f"mitigated{name}" for name in mitigated}
    of_linear = {name for name, (_, of_linear) in drawn.items() if of_linear}
    assert of_linear == of_dcgan | {"baseline"}
    assert build_generator(settings("baseline"), 784)[0].bias.abs().max() == 0


def layers(chosen: GanTraining) -> list[str]:
    return [type(layer).__name__ for layer in build_generator(chosen, 784)]


def test_batchnorm_stands_after_relu_in_the_report_and_before_it_in_the_comparator():
    assert layers(settings("baseline")) == ["Linear", "ReLU", "BatchNorm1d"] * 2 + ["Linear", "Tanh"]
    before = layers(settings("baseline", batchnorm_place="before"))
    assert before == ["Linear", "BatchNorm1d", "ReLU"] * 2 + ["Linear", "Tanh"]
    comparator = settings("linder_noren_20")
    assert layers(comparator)[2:5] == ["Linear", "BatchNorm1d", "LeakyReLU"]
    after = layers(comparator.model_copy(update={"batchnorm_place": "after"}))
    assert after[2:5] == ["Linear", "LeakyReLU", "BatchNorm1d"]
    batchnorm = build_generator(comparator, 784)[3]
    assert (batchnorm.eps, batchnorm.momentum) == (0.8, 0.1)


def test_samples_in_train_mode_are_normalised_by_themselves(monkeypatch):
    """Their pixels differ from those in eval mode, and drawing them leaves the running averages alone."""
    gan = trained("baseline", images=130)
    assert not np.array_equal(gan.samples["fixed_train"], gan.samples["fixed_eval"])
    drawn_once = gan.generator[2].running_mean.clone()
    monkeypatch.setattr("archdyn.experiments.gan.train.SAMPLE_MODES", ("train",))
    assert torch.equal(trained("baseline", images=130).generator[2].running_mean, drawn_once)


def test_minibatch_discrimination_sees_a_collapsed_batch():
    torch.manual_seed(0)
    layer = MinibatchDiscrimination(features=8, kernels=4)
    equal = layer(torch.ones(6, 8))
    assert equal.shape == (6, 12)
    assert torch.allclose(equal[:, 8:], torch.full((6, 4), 5.0))
    assert (layer(100 * torch.randn(6, 8))[:, 8:] < 0.1).all()


@pytest.mark.parametrize("condition", list(BLOCK["conditions"]))
def test_every_condition_trains_both_players(condition):
    gan = trained(condition, images=130)
    torch.manual_seed(0)
    untrained = build_generator(settings(condition), 784)
    moved = [not torch.equal(a, b) for a, b in zip(gan.generator.parameters(), untrained.parameters(), strict=True)]
    assert any(moved)
    assert gan.steps.shape == (2 * 3, len(STEP_COLUMNS))
    assert np.isfinite(gan.steps).all()
    assert (gan.steps[:, STEP_COLUMNS.index("grad_norm_g")] > 0).all()
    assert {name: (array.shape, array.dtype) for name, array in gan.samples.items()} == {
        name: ((2, 16 if name == "fresh" else 25, 28, 28), np.uint8) for name in SAMPLES
    }
    assert not np.array_equal(*gan.samples["fresh"])


def test_the_step_trace_reads_the_first_batch_as_a_guess():
    first_step = trained("baseline").steps[0]
    assert first_step[0] == pytest.approx(2 * np.log(2), abs=0.05)
    assert first_step[1] == pytest.approx(np.log(2), abs=0.05)


def test_a_wrong_sign_trains_the_generator_to_be_rejected():
    published = trained("vanishing_published", images=130, epochs=4)
    corrected = trained("vanishing_corrected", images=130, epochs=4)
    assert published.steps[-1][1] > 0 > corrected.steps[-1][1]


def test_a_diverged_training_says_what_and_where():
    with pytest.raises(ArchdynError, match=r"training diverged: .* is (nan|inf|-inf) in epoch 1, step \d+"):
        trained("baseline", learning_rate_g=1.0, learning_rate_d=1e30)


def test_a_last_batch_of_one_is_left_out():
    torch.manual_seed(0)
    gan = train_gan(images(65), images(40, 1), settings("baseline"), CPU)
    assert len(gan.steps) == 2


def game(**changes) -> _Game:
    torch.manual_seed(0)
    return _Game(images(130), images(40, 1), settings("collapse", **changes), CPU)


def test_an_epoch_says_how_far_from_zero_the_logits_went():
    """Of every update, those of the generator too."""
    played, seen = game(), []
    played.discriminator.register_forward_hook(lambda module, inputs, logits: seen.append(logits.detach()))
    batches = played.batches()
    for index in batches:
        played.step(index)
    row = played.end_epoch(1, played.trace.all())
    of_fakes = [logits[-len(logits) // 2 :] if position % 6 == 0 else logits for position, logits in enumerate(seen)]
    of_fakes = torch.cat(of_fakes[: 6 * len(batches)])  # one update of D, then five of G
    assert row["lowest_logit_fake"] == pytest.approx(min(0, of_fakes.min().item()))
    assert row["highest_logit_fake"] == pytest.approx(max(0, of_fakes.max().item()))
    of_real = torch.cat([logits[: len(logits) // 2] for logits in seen[: 6 * len(batches) : 6]])
    assert row["highest_logit_real"] == pytest.approx(max(0, of_real.max().item()))
    again = played.end_epoch(2, played.trace.all())
    assert again["highest_logit_real"] == again["lowest_logit_fake"] == 0


@pytest.mark.parametrize(("bias", "share"), [(0.0, 0), (3.0, 0), (4.0, 1), (-4.0, 1)])
def test_a_pixel_of_the_generator_is_saturated_beyond_0_999(bias, share):
    """tanh(3) is 0.995, tanh(4) 0.9993."""
    played = game()
    last = played.generator[-2]
    nn.init.zeros_(last.weight)
    nn.init.constant_(last.bias, bias)
    played.step(played.batches()[0])
    nn.init.zeros_(last.weight)
    nn.init.constant_(last.bias, bias)
    assert played.end_epoch(1, played.trace.all())["g_saturated"] == share


def test_the_published_arithmetic_ends_what_a_discriminator_learns():
    """With a discriminator that is wrong and sure of it, the notebook's loss of 100 leaves its weights as they are."""
    moved = {}
    for loss_on in ("probabilities", "logits"):
        played = game(loss_on=loss_on)
        nn.init.constant_(played.discriminator[-1].bias, -200.0)  # everything is a fake
        real, before = played.real[:64], played.discriminator[-1].weight.clone()
        played._update_discriminator(real, real)
        moved[loss_on] = not torch.equal(played.discriminator[-1].weight, before)
    assert moved == {"probabilities": False, "logits": True}
