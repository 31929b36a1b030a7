"""The VAE experiment: its loss against closed forms, its schedules, its protocol as published, and its verdict."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image
from torch.distributions import Normal, kl_divergence

from archdyn.errors import ArchdynError
from archdyn.experiments.vae import embed, metrics
from archdyn.experiments.vae.model import LATENT_DIM, Vae, kl_per_dimension
from archdyn.experiments.vae.settings import VaeTraining
from archdyn.experiments.vae.starts import kept_model, rank_starts
from archdyn.experiments.vae.tables import as_printed, conditions_table, table9, verdict
from archdyn.experiments.vae.train import _Training, kl_weights, loss_terms, train_vae
from archdyn.networks.checkpoint import save_checkpoint
from archdyn.networks.pixels import from_unit, on_device, to_unit
from archdyn.render.published import read_published
from conftest import ROOT

CPU = torch.device("cpu")
SETTINGS = VaeTraining.model_validate(
    {
        "start": "fresh",
        "images": None,
        "epochs": 2,
        "batch_size": 16,
        "learning_rate": 1e-3,
        "reconstruction": "sum",
        "kl_weight": 1.0,
        "annealing": "none",
        "free_bits": 0.0,
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


def test_published_annealing_rises_by_epoch_and_starts_above_zero():
    weights = kl_weights(PUBLISHED.model_copy(update={"epochs": 20}), batches=469).reshape(20, 469)
    assert (weights == weights[:, :1]).all()
    np.testing.assert_allclose(weights[:7, 0], [1 / 6, 2 / 6, 3 / 6, 4 / 6, 5 / 6, 1, 1], rtol=1e-6)
    assert (weights[6:] == 1).all()


def test_corrected_annealing_rises_from_zero_over_three_tenths_of_the_steps():
    weights = kl_weights(
        SETTINGS.model_copy(update={"annealing": "steps", "epochs": 10, "kl_weight": 2.0}), batches=100
    )
    assert weights[0] == 0
    assert weights[150] == pytest.approx(1.0)
    assert weights[299] < 2
    assert (weights[300:] == 2).all()
    assert (np.diff(weights) >= 0).all()


@pytest.mark.parametrize("annealing", ["epochs", "steps"])
def test_annealing_of_a_single_epoch_is_finite(annealing):
    weights = kl_weights(SETTINGS.model_copy(update={"annealing": annealing, "epochs": 1}), batches=3)
    assert np.isfinite(weights).all()
    assert weights[-1] == pytest.approx(1)


def test_without_annealing_the_weight_is_constant():
    assert (kl_weights(SETTINGS.model_copy(update={"kl_weight": 5.0}), batches=3) == 5).all()


def test_same_seed_gives_the_same_numbers(images):
    first, second = train(images, SETTINGS), train(images, SETTINGS)
    assert first.epochs == second.epochs
    assert first.epochs[0] != first.epochs[1]


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


def test_a_tried_start_gives_the_first_epochs_of_the_training_itself(images):
    settings = PUBLISHED.model_copy(update={"start": "fresh", "epochs": 10})
    torch.manual_seed(0)
    tried = train_vae(images, images[:10], settings, CPU, stop_after=2)
    assert tried.epochs == train(images, settings).epochs[:2]
    assert [row["kl_weight"] for row in tried.epochs] == pytest.approx([1 / 3, 2 / 3])


def test_starts_are_ranked_by_both_losses_while_the_weight_rises(tmp_path):
    losses = [1.0, 2.0, 3.0]
    published = pd.DataFrame({"epoch": [1, 2, 6], "train": losses, "val": losses, "beta": [0.2, 0.4, 1]})
    epochs = pd.DataFrame(
        [(start, seed, epoch, epoch + off, epoch - off)
         for start, offs in (("far", (0.3, 0.5)), ("near", (0.2, 0.0)))
         for seed, off in enumerate(offs) for epoch in (1, 2)],
        columns=["start", "seed", "epoch", "train_loss", "test_loss"],
    )  # fmt: skip
    ranking = rank_starts(epochs, published)
    assert ranking["start"].tolist() == ["near", "far"]
    assert ranking["distance"].tolist() == pytest.approx([0.1, 0.4])  # of the means over the seeds, not of each seed
    assert ranking["seeds"].tolist() == ranking["epochs"].tolist() == [2, 2]
    ranking.to_csv(tmp_path / "starts.csv", index=False)
    assert kept_model(tmp_path / "starts.csv", {"near": Path("near.safetensors")}) == Path("near.safetensors")
    assert kept_model(tmp_path / "starts.csv", {"far": Path("far.safetensors")}) is None  # the nearest is new weights


def test_the_reports_epoch_20_is_held_against_our_17():
    published = read_published(ROOT / "config/published/vae.yaml", "table9")
    runs = pd.DataFrame({"epoch": range(1, 21), "train_loss": np.arange(1, 21) / 10, "batches": 469})
    runs = runs.assign(test_loss=0.0, train_loss_reconstruction=0.0, train_loss_kl=0.0, kl_weight=1.0)
    table = table9(published, runs, runs, pd.DataFrame({"start": ["kl5"], "distance": [0.1]}))
    last = table.tail(3)
    assert last["source"].tolist() == ["report", "ours, reconstructed from kl5", "ours, corrected"]
    assert last["epoch"].tolist() == [20, 17, 17]
    assert last["train"].tolist() == ["2.0629", "1.7000 (-0.3629)", "1.7000"]


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


def test_decoder_that_ignores_z_is_collapsed(images):
    torch.manual_seed(0)
    model = Vae((1, 28, 28))
    torch.nn.init.zeros_(model.decoder[0].weight)
    values = measured(model, images)
    assert values["prior_ratio"] == pytest.approx(1)
    assert verdict(values["active_share"], values["prior_ratio"]) == "collapsed"


def test_informative_latents_are_active():
    """A z that says which of 2,000 images it came from, and a decoder that needs it."""
    rng = np.random.default_rng(0)
    mean = rng.standard_normal((2000, LATENT_DIM))
    values = metrics.posterior_metrics(mean, np.full_like(mean, -4.0), 0.1, rng)
    images = rng.integers(0, 2, (2, 4, 4), dtype=np.uint8) * 255
    values |= metrics.decoder_metrics(np.array([[20.0, 90.0], [24.0, 110.0]]), images, np.array([0, 1]))
    assert values["active_units"] == LATENT_DIM
    assert values["mutual_information"] == pytest.approx(np.log(2000), abs=0.01)
    assert values["floor_share"] == 0
    assert verdict(values["active_share"], values["prior_ratio"]) == "active"


@pytest.mark.parametrize(
    ("active_share", "prior_ratio", "expected"),
    [(0, 5, "collapsed"), (1, 1.05, "collapsed"), (0.25, 4, "partly"), (1, 1.5, "partly"), (0.5, 2, "active")],
)
def test_verdict_by_its_rule(active_share, prior_ratio, expected):
    assert verdict(active_share, prior_ratio) == expected


def test_a_decoder_explains_what_it_draws_beyond_the_mean_image():
    images = np.zeros((4, 2, 2), np.uint8)
    images[:2] = 255  # each pixel has a variance of 1/4
    labels = np.array([0, 0, 0, 1])  # the means of the classes explain a third
    found = [metrics.decoder_metrics(np.full((4, 2), error), images, labels) for error in (1.0, 0.25, 1e-9)]
    assert [values["explained_share"] for values in found] == pytest.approx([0, 0.75, 1])
    assert [values["beyond_class"] for values in found] == pytest.approx([-1 / 3, 0.75 - 1 / 3, 2 / 3])


def test_active_units_depend_on_the_cut_off():
    """Means with variances of 0.005, 0.02, 0.07 and 1: three are active at 0.01, two at 0.05, one at 0.1."""
    mean = np.sqrt([0.005, 0.02, 0.07, 1.0]) * np.tile([[1.0], [-1.0]], (50, 1))
    values = metrics.posterior_metrics(mean, np.zeros_like(mean), 0.1, np.random.default_rng(0))
    assert [values[name] for name in ("active_share", "active_share_05", "active_share_10")] == [0.75, 0.5, 0.25]


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


def test_posteriors_equal_to_the_prior_carry_nothing():
    zeros = np.zeros((1000, LATENT_DIM), np.float32)
    values = metrics.posterior_metrics(zeros, zeros, 0.1, np.random.default_rng(0))
    assert values["mutual_information"] == pytest.approx(0, abs=1e-9)
    assert (values["active_units"], values["floor_share"], values["kl_dimension_0"]) == (0, 1, 0)


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


def test_conditions_table_says_where_seeds_disagree():
    values = pd.DataFrame(
        [("vae", "kl5", seed, name, value) for seed, ratio in ((0, 1.0), (1, 3.0), (2, 4.0))
         for name, value in (("active_share", 1.0), ("prior_ratio", ratio))],
        columns=["experiment", "condition", "seed", "metric", "value"],
    )  # fmt: skip
    summary = values.groupby(["condition", "metric"])["value"].agg(mean="mean", sd="std", n="count").reset_index()
    assert conditions_table(values, summary, ["kl5"]).at[0, "verdict"] == "2 active, 1 collapsed"


def test_samples_of_both_priors_and_traversals_are_images():
    torch.manual_seed(0)
    model = Vae((1, 28, 28))
    for prior, variance in (("normal", 1), ("laplace", 2)):
        assert embed.sample_images(model, 3, prior, CPU).shape == (3, 28, 28)
        assert embed.PRIORS[prior]((20000, 4), CPU).var().item() == pytest.approx(variance, rel=0.03)
    traversal = embed.traverse(model, CPU)
    assert (traversal.shape, traversal.dtype) == ((LATENT_DIM, 7, 28, 28), np.uint8)
    assert (traversal[:, 3] == traversal[0, 3]).all()  # z = 0 in the middle


@pytest.mark.parametrize("name", ["figure10", "figure11", "kl_per_dimension", "traversal", "projection"])
def test_figures_are_drawn_and_not_blank(smoke_run, name):
    folder = smoke_run.folder / "results/smoke/vae/figures"
    assert np.asarray(Image.open(folder / f"{name}.png").convert("L")).std() > 10
    assert (folder / f"{name}.pdf").read_bytes().startswith(b"%PDF")


def test_tables_name_their_scale_and_numbers_are_finite(smoke_run):
    folder = smoke_run.folder / "results/smoke/vae"
    for name in ("table9", "conditions", "starts"):
        assert "smoke scale · synthetic_mnist · seed 0" in (folder / f"tables/{name}.md").read_text()
    assert np.isfinite(pd.read_csv(folder / "metrics/all.csv")["value"]).all()
    table9 = pd.read_csv(folder / "tables/table9.csv")
    kept = pd.read_csv(folder / "tables/starts.csv").loc[1, "start"]  # below the report's row
    assert table9["source"].unique().tolist() == ["report", f"ours, reconstructed from {kept}", "ours, corrected"]


def test_as_many_test_images_are_embedded_as_the_config_says(smoke_run):
    for kind in ("mean", "errors"):
        assert len(np.load(smoke_run.folder / f"results/smoke/vae/embeddings/kl5_seed0_{kind}.npy")) == 150


def test_the_reproduction_goes_on_from_the_nearest_start(smoke_run):
    folder = smoke_run.folder / "results/smoke/vae"
    ranking = pd.read_csv(folder / "metrics/starts.csv")
    assert set(ranking["start"]) == {"fresh", "kl5", "beta1_short"}
    assert ranking["distance"].is_monotonic_increasing
    tried = pd.read_csv(folder / f"starts/{ranking['start'][0]}_seed0_epochs.csv")
    trained = pd.read_csv(folder / "metrics/annealing_published_seed0_epochs.csv")
    assert trained["train_loss"][: len(tried)].tolist() == tried["train_loss"].tolist()


def measured(model: Vae, images: np.ndarray) -> dict[str, float]:
    arrays = embed.embed_posterior(model, images, CPU)
    values = metrics.posterior_metrics(arrays["mean"], arrays["logvar"], 0.1, np.random.default_rng(0))
    return values | metrics.decoder_metrics(arrays["errors"], images, np.arange(len(images)) % 2)
