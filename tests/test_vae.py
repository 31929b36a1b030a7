"""The VAE experiment: its loss against closed forms, its schedules, its chains of trainings, and grades of collapse."""

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors import safe_open
from torch.distributions import Normal, kl_divergence

from archdyn.errors import ArchdynError
from archdyn.experiments.vae import embed, metrics
from archdyn.experiments.vae.model import LATENT_DIM, Vae, kl_per_dimension
from archdyn.experiments.vae.settings import VaeTraining
from archdyn.experiments.vae.tables import above_floor, as_printed, collapse, conditions_table, losses_table
from archdyn.experiments.vae.train import _Training, kl_weights, loss_terms, train_vae
from archdyn.networks.checkpoint import save_checkpoint
from archdyn.networks.pixels import from_unit, on_device, to_unit
from archdyn.render import tables
from archdyn.render.published import read_published
from conftest import ROOT

CPU = torch.device("cpu")
SETTINGS = VaeTraining.model_validate(
    {
        "start": "fresh",
        "images": None,
        "epochs": 2,
        "stop_after": None,
        "batch_size": 16,
        "learning_rate": 1e-3,
        "reconstruction": "sum",
        "kl_weight": 1.0,
        "annealing": "none",
        "annealing_share": 0.3,
        "free_bits": 0.0,
        "free_bits_of": "image",
    }
)
PUBLISHED = SETTINGS.model_copy(
    update={"start": "kl5", "reconstruction": "mean", "annealing": "epochs", "free_bits": 0.1}
)


@pytest.fixture
def images() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (40, 28, 28), dtype=np.uint8)


def train(images: np.ndarray, settings: VaeTraining, start=None):
    torch.manual_seed(0)
    return train_vae(images, images[:10], settings, CPU, start=start)


def test_layers_and_shapes_are_the_published_ones():
    model = Vae((1, 28, 28))
    shapes = [tuple(parameter.shape) for name, parameter in model.named_parameters() if name.endswith("weight")]
    assert shapes[:5] == [(32, 1, 4, 4), (64, 32, 4, 4), (256, 3136), (20, 256), (20, 256)]
    assert shapes[5:] == [(256, 20), (3136, 256), (64, 32, 4, 4), (32, 1, 4, 4)]
    reconstructions, mean, logvar = model(torch.rand(3, 1, 28, 28))
    assert reconstructions.shape == (3, 1, 28, 28)
    assert mean.shape == logvar.shape == (3, LATENT_DIM)
    assert reconstructions.min() >= 0 and reconstructions.max() <= 1


def test_colour_images_of_another_size_pass_and_odd_sizes_are_refused():
    assert Vae((3, 32, 24))(torch.rand(2, 3, 32, 24))[0].shape == (2, 3, 32, 24)
    with pytest.raises(ArchdynError, match="30 x 28 pixels must be multiples of 4"):
        Vae((1, 30, 28))


@pytest.mark.parametrize("shape", [(5, 8, 12), (5, 8, 12, 3)])
def test_pixels_survive_the_way_to_the_model_and_back(shape):
    pixels = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    assert np.array_equal(from_unit(to_unit(on_device(pixels, CPU))), pixels)


def test_kl_is_that_of_torch_and_of_the_closed_form():
    mean, logvar = torch.randn(50, LATENT_DIM), torch.randn(50, LATENT_DIM)
    expected = kl_divergence(Normal(mean, torch.exp(logvar / 2)), Normal(0.0, 1.0))
    torch.testing.assert_close(kl_per_dimension(mean, logvar), expected)
    np.testing.assert_allclose(metrics.kl_per_dimension(mean.numpy(), logvar.numpy()), expected, rtol=1e-4, atol=1e-6)
    assert kl_per_dimension(torch.tensor(2.0), torch.tensor(0.0)) == 2.0  # half the squared mean
    assert kl_per_dimension(torch.tensor(0.0), torch.tensor(0.0)) == 0.0


def test_every_dimension_on_the_floor_costs_two_nats():
    """2.0 = 20 x 0.1, whatever the posterior is below the floor, and it has no gradient there."""
    mean = torch.full((4, LATENT_DIM), 0.3, requires_grad=True)  # 0.045 nats per dimension
    image = torch.zeros(4, 1, 28, 28)
    loss_error, loss_kl, error, kl = loss_terms(image, image + 0.5, mean, torch.zeros_like(mean), PUBLISHED)
    assert loss_kl.item() == pytest.approx(2.0)
    assert kl.item() == pytest.approx(0.9)
    assert (loss_error.item(), error.item()) == (0.25, 0.25 * 784)
    loss_kl.backward()
    assert not mean.grad.any()


def test_corrected_annealing_rises_from_zero_over_three_tenths_of_the_steps():
    weights = kl_weights(
        SETTINGS.model_copy(update={"annealing": "steps", "epochs": 10, "kl_weight": 2.0}), batches=100
    )
    assert weights[0] == 0
    assert weights[150] == pytest.approx(1.0)
    assert weights[299] < 2
    assert (weights[300:] == 2).all()
    assert (np.diff(weights) >= 0).all()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"annealing": "epochs"}, [1 / 6, 2 / 6, 3 / 6, 4 / 6, 5 / 6] + [1] * 15),
        ({"annealing": "epochs", "annealing_share": 0.5, "kl_weight": 5.0}, [*np.arange(0.5, 5, 0.5), *[5] * 11]),
        ({"kl_weight": 5.0}, [5] * 20),
    ],
    ids=["published: by epoch, from above zero", "the third loss: over half of the training, to 5", "none"],
)
def test_the_kl_weight_of_each_epoch(changes, expected):
    weights = kl_weights(SETTINGS.model_copy(update=changes | {"epochs": 20}), batches=469).reshape(20, 469)
    assert (weights == weights[:, :1]).all()
    np.testing.assert_allclose(weights[:, 0], expected, rtol=1e-6)


@pytest.mark.parametrize("annealing", ["epochs", "steps"])
def test_annealing_of_a_single_epoch_ends_at_the_whole_weight(annealing):
    weights = kl_weights(SETTINGS.model_copy(update={"annealing": annealing, "epochs": 1}), batches=3)
    assert np.isfinite(weights).all() and weights[-1] == pytest.approx(1)


def test_epochs_hold_the_loss_and_the_elbo_per_image(images):
    last = train(images, SETTINGS.model_copy(update={"kl_weight": 5.0})).epochs[-1]
    assert last["batches"] == 3
    assert last["train_loss"] == pytest.approx(last["train_reconstruction"] + 5 * last["train_kl"], rel=1e-5)
    assert last["test_elbo"] == pytest.approx(-last["test_reconstruction"] - last["test_kl"])


def test_mean_loss_is_a_784th_of_the_summed_error(images):
    last = train(images, PUBLISHED).epochs[-1]
    assert last["test_loss_reconstruction"] == pytest.approx(last["test_reconstruction"] / 784, rel=1e-5)
    assert last["test_loss_kl"] >= 2.0 - 1e-6


def test_means_of_averaged_errors_are_over_batches_as_published(images):
    """A last batch of 8 among two of 16 counts a third where errors are averaged, a fifth where they are summed."""
    training = _Training(to_unit(on_device(images, CPU)), to_unit(on_device(images[:10], CPU)), PUBLISHED, None)
    of_batches = np.array([[1.0], [1.0], [4.0]])
    assert training._mean(of_batches, training.images) == pytest.approx(2.0)
    training.settings = SETTINGS
    assert training._mean(of_batches, training.images) == pytest.approx(1.6)


def test_a_training_that_is_broken_off_is_the_beginning_of_the_whole(images):
    settings = PUBLISHED.model_copy(update={"epochs": 10})
    broken_off = train(images, settings.model_copy(update={"stop_after": 2}))
    assert broken_off.epochs == train(images, settings).epochs[:2]
    assert [row["kl_weight"] for row in broken_off.epochs] == pytest.approx([1 / 3, 2 / 3])


@pytest.mark.parametrize(("mean", "expected"), [(0.3, 2.0), (1.0, 10.0)])
def test_a_floor_under_a_batch_holds_only_where_all_of_its_kl_is_below(mean, expected):
    """0.9 nats an image are below 20 x 0.1, so nothing pushes them; 10 are above, and the floor costs nothing."""
    means = torch.zeros(4, LATENT_DIM)
    means[0] = 2 * mean  # one image has it all
    means.requires_grad_()
    image = torch.zeros(4, 1, 28, 28)
    settings = SETTINGS.model_copy(update={"free_bits": 0.1, "free_bits_of": "batch"})
    _, loss_kl, _, kl = loss_terms(image, image, means, torch.zeros_like(means), settings)
    assert kl.item() == pytest.approx(20 * (2 * mean) ** 2 / 2 / 4)
    assert loss_kl.item() == pytest.approx(expected)
    loss_kl.backward()
    assert means.grad.any() == (expected > 2)


def test_the_reports_epoch_20_is_held_against_our_17():
    published = read_published(ROOT / "config/published/vae.yaml", "table9")
    runs = pd.DataFrame({"epoch": range(1, 21), "train_loss": np.arange(1, 21) / 10})
    last = tables.epoch_table({"report": published}, {"ours": runs}, {"train": ("train_loss", 4)}).tail(2)
    assert last["epoch"].tolist() == [20, 17]
    assert last["train"].tolist() == ["2.0629", "1.7000 (-0.3629)"]


def test_table_9_is_compared_above_the_constant_that_both_sides_share():
    last = read_published(ROOT / "config/published/vae.yaml", "table9").iloc[-1]
    runs = pd.DataFrame({"epoch": [16, 17, 17], "train_loss": [9.0, 2.08, 2.1]})
    images = np.array([[[0, 255]], [[255, 255]]], np.uint8)  # half of the pixels have a variance of 1/4
    assert above_floor(last, runs, images).endswith("0.063 per pixel, ours 0.090; the mean image has 0.125.")
    assert above_floor(last, runs[:1], images).endswith("0.063 per pixel; the mean image has 0.125.")


def test_printed_losses_of_each_saved_version_stand_beside_those_of_its_own_training():
    published = {
        name: read_published(ROOT / "config/published/vae.yaml", name) for name in ("annealing_losses", "table9")
    }
    epochs = pd.DataFrame(
        [("annealing_again", seed, epoch, 20 + seed, 21.0) for seed in (0, 2) for epoch in (1, 2)]
        + [("annealing_published", 0, 17, 2.0, 2.0)],
        columns=["condition", "seed", "epoch", "train_loss", "test_loss"],
    )
    table = losses_table(published["annealing_losses"], published["table9"], epochs).set_index(["version", "epoch"])
    assert table.loc[("third", 1), ["train, printed", "train, ours", "n"]].tolist() == ["21.3938", "21.00 ± 1.41", 2]
    assert table.loc[("second", 8), ["val, printed", "val, ours", "n"]].tolist() == ["0.0607", "–", 0]
    assert table.loc[("last", 17), ["val, printed", "val, ours", "n"]].tolist() == ["2.0628", "2.00", 1]


def test_one_pass_changes_nothing_and_covers_every_image(images):
    torch.manual_seed(0)
    model = Vae((1, 28, 28))
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    parts = embed.one_pass(model, images, 16, CPU)
    assert parts.shape == (3, 2)
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    whole = embed.embed_posterior(model, images, CPU)
    kl = metrics.kl_per_dimension(whole["mean"], whole["logvar"]).sum(1).mean()
    assert np.average(parts[:, 1], weights=[16, 16, 8]) == pytest.approx(kl, rel=1e-5)


def test_continuing_takes_over_the_weights_and_the_optimiser(images, tmp_path):
    first = train(images, SETTINGS)
    path = tmp_path / "kl5.safetensors"
    save_checkpoint(path, {"vae": first.model, "optimiser": first.optimiser}, {})
    still = train(images, SETTINGS.model_copy(update={"epochs": 1, "learning_rate": 1e-30}), path)
    for name, tensor in first.model.state_dict().items():
        torch.testing.assert_close(still.model.state_dict()[name], tensor, msg=name)
    moved = first.optimiser.state_dict()
    assert moved["step_0"] == 6
    assert moved["exp_avg_sq_0"].any()
    assert still.optimiser.state_dict()["step_0"] == 9


def test_diverged_training_is_reported(images):
    with pytest.raises(ArchdynError, match=r"training diverged: \w+ is (nan|inf) in epoch 1, step \d"):
        train(images, SETTINGS.model_copy(update={"learning_rate": 1e30}))


def grade(mean: np.ndarray, logvar: np.ndarray, explained_variance: float) -> str:
    used = metrics.posterior_metrics(mean, logvar, 0.1, np.random.default_rng(0))["used_dimensions"]
    return collapse(explained_variance, used, mean.shape[1])


def test_a_decoder_that_ignores_z_explains_nothing_whatever_the_posterior_says(images):
    """Its latents tell images apart, as those of Table 9's model."""
    torch.manual_seed(0)
    model = Vae((1, 28, 28))
    torch.nn.init.zeros_(model.decoder[0].weight)
    arrays = embed.embed_posterior(model, images, CPU)
    values = metrics.decoder_metrics(arrays["errors"], images, np.arange(len(images)) % 2)
    assert values["prior_ratio"] == pytest.approx(1)
    told_apart = np.random.default_rng(0).standard_normal((100, LATENT_DIM))
    assert grade(told_apart, np.full_like(told_apart, -4.0), values["explained_variance"]) == "complete"


def test_a_posterior_equal_to_the_prior_uses_no_dimension_and_carries_nothing():
    zeros = np.zeros((1000, LATENT_DIM), np.float32)
    values = metrics.posterior_metrics(zeros, zeros, 0.1, np.random.default_rng(0))
    assert values["mutual_information"] == pytest.approx(0, abs=1e-9)
    assert (values["used_dimensions"], values["floor_share"], values["kl_dimension_0"]) == (0, 1, 0)
    assert grade(zeros, zeros, explained_variance=0.5) == "complete"


@pytest.mark.parametrize(("used", "expected"), [(0, "complete"), (4, "partial"), (17, "partial"), (18, "none")])
def test_a_dimension_is_used_above_a_tenth_of_a_nat(used, expected):
    """Means of +-0.5 with the prior's variance cost 0.125 nats, means of +-0.4 cost 0.08."""
    mean = np.tile([[1.0], [-1.0]], (50, LATENT_DIM)) * np.where(np.arange(LATENT_DIM) < used, 0.5, 0.4)
    values = metrics.posterior_metrics(mean, np.zeros_like(mean), 0.1, np.random.default_rng(0))
    assert values["used_dimensions"] == used
    assert grade(mean, np.zeros_like(mean), explained_variance=0.6) == expected
    assert grade(mean, np.zeros_like(mean), explained_variance=0.1) == "complete"


def test_information_is_at_most_that_of_knowing_the_image():
    """A z that says which of 2,000 images it came from."""
    rng = np.random.default_rng(0)
    mean = rng.standard_normal((2000, LATENT_DIM))
    values = metrics.posterior_metrics(mean, np.full_like(mean, -4.0), 0.1, rng)
    assert values["mutual_information"] == pytest.approx(np.log(2000), abs=0.01)
    assert (values["used_dimensions"], values["floor_share"]) == (LATENT_DIM, 0)


def test_a_decoder_explains_what_it_draws_beyond_the_mean_image():
    """The mean image explains nothing; each class's mean explains what separates the classes, a third here."""
    images = np.zeros((4, 2, 2), np.uint8)
    images[:2] = 255  # each pixel has a variance of 1/4
    labels = np.array([0, 0, 0, 1])
    of_mean_image = np.square(images / 255 - (images / 255).mean(0)).sum((1, 2))
    found = [
        metrics.decoder_metrics(np.stack([errors, errors], 1), images, labels)
        for errors in (of_mean_image, np.full(4, 0.25), np.full(4, 1e-9))
    ]
    assert [values["explained_variance"] for values in found] == pytest.approx([0, 0.75, 1])
    assert [values["beyond_class"] for values in found] == pytest.approx([-1 / 3, 0.75 - 1 / 3, 2 / 3])


def test_the_rarest_class_of_the_samples_may_be_missing():
    features, train_labels = np.random.default_rng(0).standard_normal((60, 2)), np.arange(60) % 3
    shares = [
        metrics.sample_metrics("normal", features, np.eye(3)[labels], features, train_labels)[
            "normal_rarest_class_share"
        ]
        for labels in (train_labels, np.arange(60) % 2, np.r_[np.zeros(30, int), np.ones(24, int), np.full(6, 2)])
    ]
    assert shares == pytest.approx([1 / 3, 0, 0.1])


def test_epochs_give_what_the_report_prints():
    """The report divides both parts by the number of batches once more; its total does not, and weighs the KL."""
    epochs = pd.DataFrame(
        {
            **{
                f"{split}_{part}": [9.0, 3.0]
                for split in ("train", "test")
                for part in ("reconstruction", "kl", "elbo")
            },
            "train_loss": [3.0, 2.0],
            "test_loss": [3.5, 2.5],
            "train_loss_reconstruction": [1.0, 0.5],
            "train_loss_kl": [4.0, 3.0],
            "batches": [10, 10],
        }
    )
    values = metrics.training_metrics(epochs)
    assert values["reconstruction_share"] == 0.25
    assert (values["train_loss_epoch1"], values["train_loss_epoch2"], values["train_loss_final"]) == (3, 2, 2)
    assert (values["printed_reconstruction_epoch1"], values["printed_kl_final"]) == (0.1, 0.3)
    assert "train_loss_epoch3" not in values


def test_information_of_gaussian_means_is_the_channel_capacity():
    """Means N(0, 1) seen through noise of variance v in one dimension carry ln(1 + 1/v) / 2 nats."""
    rng = np.random.default_rng(0)
    mean, variance = rng.standard_normal((4000, 1)), 0.25
    information = metrics.mutual_information(mean, np.full((4000, 1), np.log(variance)), rng)
    assert information == pytest.approx(0.5 * np.log(1 + 1 / variance), abs=0.03)


def test_recorded_parts_are_divided_by_the_batches_again():
    epochs = pd.DataFrame({"train_loss_reconstruction": [0.0629], "train_loss_kl": [2.0], "batches": [469]})
    printed = as_printed(epochs).iloc[0]
    assert round(printed["train_loss_reconstruction"], 4) == 0.0001
    assert round(printed["train_loss_kl"], 4) == 0.0043


def test_conditions_table_calls_conditions_by_their_labels_and_says_where_seeds_disagree():
    values = pd.DataFrame(
        [("vae", "kl5", seed, name, value) for seed, explained in ((0, 0.0), (1, 0.6), (2, 0.7))
         for name, value in (("explained_variance", explained), ("used_dimensions", 1.0), ("kl_dimension_0", 1.0),
                             ("kl_dimension_1", 0.0), ("kl_dimension_2", 0.0))],
        columns=["experiment", "condition", "seed", "metric", "value"],
    )  # fmt: skip
    summary = values.groupby(["condition", "metric"])["value"].agg(mean="mean", sd="std", n="count").reset_index()
    row = conditions_table(values, summary, {"kl5": "KL weight 5"}).iloc[0]
    assert (row["condition"], row["collapse"]) == ("KL weight 5", "2 partial, 1 complete")


def test_samples_of_both_priors_and_traversals_are_images():
    torch.manual_seed(0)
    model = Vae((1, 28, 28))
    for prior, variance in (("normal", 1), ("laplace", 2)):
        assert embed.sample_images(model, 3, prior, CPU).shape == (3, 28, 28)
        assert embed.PRIORS[prior]((20000, 4), CPU).var().item() == pytest.approx(variance, rel=0.03)
    traversal = embed.traverse(model, CPU)
    assert (traversal.shape, traversal.dtype) == ((LATENT_DIM, 7, 28, 28), np.uint8)
    assert (traversal[:, 3] == traversal[0, 3]).all()  # z = 0 in the middle


def test_table_9_goes_on_from_a_chain_of_trainings_and_their_adam(smoke_run):
    """Adam counts its steps on from training to training, where one is broken off as well."""
    folder = smoke_run.folder / "results/smoke/vae"
    ends = {}
    for condition in ("kl5", "annealing_third", "annealing_again", "annealing_published"):
        epochs = pd.read_csv(folder / f"metrics/{condition}_seed0_epochs.csv")
        path = folder / f"models/{condition}_seed0.safetensors"
        with safe_open(path, framework="pt") as file:
            ends[condition] = file.get_tensor("optimiser.step_0").item(), epochs["batches"].sum()
    steps, own = zip(*ends.values(), strict=True)
    assert steps == pytest.approx(np.cumsum(own))
    assert not (folder / "metrics/annealing_again_seed0.csv").exists()  # a start is trained, not measured
