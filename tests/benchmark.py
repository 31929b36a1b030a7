"""Time the report's loops beside ours: `make benchmark`, or `python tests/benchmark.py gan vae --rounds 5`.

Both do the same work on the same images in turn (report, ours, report, ours, ...) on one thread of the processor, each
after a warm-up, and a Markdown table is printed. Seconds are the processor's, so other work on the machine counts for
little. The report's loops are a Dataset that turns each image into a tensor in Python, a DataLoader, Adam as PyTorch
gives it by default, and several `.item()` in each step.
"""

import argparse
import platform
import statistics
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn.functional import mse_loss
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

from archdyn.experiments.gan.model import NOISE_DIM, build_discriminator, build_generator
from archdyn.experiments.gan.settings import GanTraining
from archdyn.experiments.gan.train import ADAM_BETAS, train_gan
from archdyn.experiments.vae.model import Vae
from archdyn.experiments.vae.settings import VaeTraining
from archdyn.experiments.vae.train import train_vae
from archdyn.settings.common import merged_condition
from archdyn.settings.read import read_yaml

CONFIG = Path(__file__).parents[1] / "config"
CPU = torch.device("cpu")
GOALS = {"gan": 1.9, "vae": 1.1}  # how many times as fast as the report's loop ours must be
IMAGES = {"gan": 12800, "vae": 6400}
TEST_SHARE = 6  # the real test set is a sixth of the training set
Way = Callable[[np.ndarray], float]  # of uint8 images: the processor seconds that they took


class PerImage(Dataset):
    """Image by image through PIL and torchvision's transforms, with its label, as torchvision's MNIST does it."""

    def __init__(self, images: np.ndarray, steps: list[Callable]):
        self.images = torch.from_numpy(images)
        self.labels = torch.zeros(len(images), dtype=torch.long)
        self.transform = transforms.Compose(steps)

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, number: int) -> tuple[Tensor, int]:
        label = int(self.labels[number])
        return self.transform(Image.fromarray(self.images[number].numpy())), label


def gan_ways() -> dict[str, Way]:
    """An epoch of Figure 6's training; ours with the scores and samples that it makes after each epoch."""
    training = GanTraining.model_validate(merged_condition(read_yaml(CONFIG / "config.yaml")["gan"], "baseline"))
    two_epochs = training.model_copy(update={"epochs": 2, "images": None})

    def ours(images: np.ndarray) -> float:
        return second_epoch(lambda end: train_gan(images, images, two_epochs, CPU, lambda row: end()))

    return {"report": lambda images: second_epoch(lambda end: report_gan(images, training, end)), "ours": ours}


def vae_ways() -> dict[str, Way]:
    """An epoch of the report's VAE, with the test images' score after it."""
    training = VaeTraining.model_validate(merged_condition(read_yaml(CONFIG / "config.yaml")["vae"], "kl5"))
    two_epochs = training.model_copy(update={"epochs": 2, "images": None})

    def tested(images: np.ndarray) -> np.ndarray:
        return images[: len(images) // TEST_SHARE]

    def report(images: np.ndarray) -> float:
        return second_epoch(lambda end: report_vae(images, tested(images), training, end))

    def ours(images: np.ndarray) -> float:
        return second_epoch(lambda end: train_vae(images, tested(images), two_epochs, CPU, lambda row: end()))

    return {"report": report, "ours": ours}


def report_gan(images: np.ndarray, training: GanTraining, end: Callable[[], None]) -> None:
    """Two epochs of the report's loop on uint8 images (n, h, w)."""
    pixels = images[0].size
    generator = build_generator(training, pixels)
    discriminator = nn.Sequential(build_discriminator(training, pixels), nn.Sigmoid())
    optimiser_g = torch.optim.Adam(generator.parameters(), training.learning_rate_g, ADAM_BETAS)
    optimiser_d = torch.optim.Adam(discriminator.parameters(), training.learning_rate_d, ADAM_BETAS)
    bce = nn.BCELoss()
    steps = [transforms.ToTensor(), transforms.Normalize((0.5,), (0.5,))]
    history = []
    for _ in range(2):
        for batch, _ in DataLoader(PerImage(images, steps), training.batch_size, shuffle=True):
            n = len(batch)
            real, ones, zeros = batch.view(n, -1), torch.ones(n, 1), torch.zeros(n, 1)
            fake = generator(torch.randn(n, NOISE_DIM))
            on_real, on_fake = discriminator(real), discriminator(fake.detach())
            loss_d = bce(on_real, ones) + bce(on_fake, zeros)
            update(optimiser_d, loss_d)
            loss_g = bce(discriminator(generator(torch.randn(n, NOISE_DIM))), ones)
            update(optimiser_g, loss_g)
            history.append((loss_d.item(), loss_g.item(), on_real.mean().item(), on_fake.mean().item()))
        end()


def report_vae(images: np.ndarray, tested: np.ndarray, training: VaeTraining, end: Callable[[], None]) -> None:
    """Two epochs of the report's loop on uint8 images (n, h, w), each with its pass over those that are `tested`."""
    model = Vae((1, *images.shape[1:]))
    optimiser = torch.optim.Adam(model.parameters(), training.learning_rate)
    to_tensor = [transforms.ToTensor()]
    history = []

    def loss(real: Tensor) -> Tensor:
        reconstructions, mean, logvar = model(real)
        error = mse_loss(reconstructions, real, reduction="sum")
        kl = -0.5 * torch.sum(1 + logvar - mean.pow(2) - logvar.exp())
        total = error + training.kl_weight * kl
        history.append((total.item(), error.item(), kl.item()))
        return total

    for _ in range(2):
        for real, _ in DataLoader(PerImage(images, to_tensor), training.batch_size, shuffle=True):
            update(optimiser, loss(real))
        with torch.no_grad():
            for real, _ in DataLoader(PerImage(tested, to_tensor), training.batch_size):
                loss(real)
        end()


def update(optimiser: torch.optim.Optimizer, loss: Tensor) -> None:
    """One step down the gradient of `loss`."""
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()


def second_epoch(train: Callable[[Callable[[], None]], object]) -> float:
    """Processor seconds of the second of two epochs; `train` calls its argument at the end of each."""
    ends: list[float] = []
    train(lambda: ends.append(time.process_time()))
    return ends[1] - ends[0]


def timed(name: str, rounds: int, n: int) -> dict[str, list[float]]:
    """Processor seconds of every round by way, on `n` random images."""
    images = np.random.default_rng(0).integers(0, 256, (n, 28, 28), dtype=np.uint8)
    ways = {"gan": gan_ways, "vae": vae_ways}[name]()
    turns = [{way: run(images) for way, run in ways.items()} for _ in range(rounds)]
    return {way: [turn[way] for turn in turns] for way in ways}


def row(name: str, n: int, seconds: dict[str, list[float]]) -> str:
    """A line of the table: images a second, and how many times as fast ours is in the median and each round."""
    ratios = [report / ours for report, ours in zip(seconds["report"], seconds["ours"], strict=True)]
    paces = [f"{n / statistics.median(seconds[way]):,.0f}" for way in ("report", "ours")]
    spread = f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
    return f"| {name} | {n:,} | {paces[0]} | {paces[1]} | {spread} | {GOALS[name]} |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("experiments", nargs="*", default=list(GOALS), help="gan vae by default")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--images", type=int, help="how many random images, instead of those that each is made for")
    arguments = parser.parse_args()
    if unknown := set(arguments.experiments) - set(GOALS):
        parser.error(f"found {', '.join(sorted(unknown))}; allowed: {', '.join(GOALS)}")
    torch.set_num_threads(1)
    torch.manual_seed(0)
    print(f"{date.today()}, {platform.processor() or platform.machine()}, one thread, torch {torch.__version__}:\n")
    print("| experiment | images | report, images/s | ours, images/s | ours is faster, times | goal |")
    print("| --- | --- | --- | --- | --- | --- |")
    for name in arguments.experiments:
        n = arguments.images or IMAGES[name]
        print(row(name, n, timed(name, arguments.rounds, n)), flush=True)


if __name__ == "__main__":
    main()
