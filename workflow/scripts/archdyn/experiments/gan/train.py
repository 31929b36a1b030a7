"""Train the report's GAN (section 4) under any of its conditions.

The images stay on the device as one tensor, nothing is read back inside an epoch, and on CUDA each batch is one
graph replay. Per-step numbers are collected in a tensor and read once an epoch.
"""

import copy
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, softplus

from archdyn.experiments.gan.model import NOISE_DIM, build_discriminator, build_generator
from archdyn.experiments.gan.settings import GanTraining
from archdyn.networks.capture import CapturedStep
from archdyn.networks.loop import Interruption, Stateful, Trace, run_epochs
from archdyn.networks.pixels import from_signed, on_device, to_signed

STEP_COLUMNS = ("loss_d", "loss_g", "d_real", "d_fake", "grad_norm_g")
ADAM_BETAS = (0.5, 0.999)
FIXED_SAMPLES = 25
SAMPLE_MODES = ("train", "eval")  # BatchNorm normalises by the 25 samples, as the report draws them; by its averages
SCORED_IMAGES = 1000  # of each kind, for the discriminator's accuracy after each epoch


@dataclass
class TrainedGan:
    """What a training leaves.

    steps: float32 (steps, 5), columns STEP_COLUMNS: losses in nats, D's mean probability on real and fake
        images, and the L2 norm of the generator's gradient. With several updates per batch: of the last one.
    epochs: one dict per epoch. samples: uint8 (epochs, 25, h, w) by the mode of G's BatchNorm (SAMPLE_MODES), from
        noise that stays fixed.
    """

    generator: nn.Module
    discriminator: nn.Module
    steps: np.ndarray
    epochs: list[dict]
    samples: dict[str, np.ndarray]


def train_gan(
    train_images: np.ndarray,
    test_images: np.ndarray,
    settings: GanTraining,
    device: torch.device,
    on_epoch: Callable[[dict], None] = lambda row: None,
    interruption: Interruption | None = None,
) -> TrainedGan:
    """Train on uint8 images (n, h, w) by `settings`.

    Draws from torch's global generator, so seed that first. Raises ArchdynError when a loss is not finite, and when
    interrupted.
    """
    game = _Game(train_images[: settings.images], test_images[:SCORED_IMAGES], settings, device)
    epochs = run_epochs(game, settings.epochs, on_epoch, interruption)
    samples = dict(zip(SAMPLE_MODES, game.samples.cpu().numpy(), strict=True))
    return TrainedGan(game.generator, game.discriminator, game.trace.all(), epochs, samples)


class _Game(nn.Module):
    """Generator against discriminator: one `step` plays one batch of real images."""

    def __init__(self, images: np.ndarray, held_out: np.ndarray, settings: GanTraining, device: torch.device):
        super().__init__()
        self.settings, self.device, self.shape = settings, device, images.shape[1:]
        self.real, self.held_out = (to_signed(on_device(part, device)) for part in (images, held_out))
        self.fixed_noise = torch.randn(FIXED_SAMPLES, NOISE_DIM, device=device)
        self.generator = build_generator(settings, self.real.shape[1]).to(device)
        self.discriminator = build_discriminator(settings, self.real.shape[1]).to(device)
        self.optimiser_g = _adam(self.generator, settings.learning_rate_g)
        self.optimiser_d = _adam(self.discriminator, settings.learning_rate_d)
        self.generator_loss = GENERATOR_LOSSES[settings.g_loss]
        steps_per_epoch = -(-len(self.real) // settings.batch_size)
        self.trace = Trace(STEP_COLUMNS, settings.epochs * steps_per_epoch, device)
        shape = (len(SAMPLE_MODES), settings.epochs, FIXED_SAMPLES, *self.shape)
        self.register_buffer("samples", torch.zeros(shape, dtype=torch.uint8, device=device))
        self.step = CapturedStep(self._play, settings.batch_size, device)

    def state(self) -> dict[str, Stateful]:
        """Networks, optimisers, trace and samples."""
        return {"game": self, "optimiser_g": self.optimiser_g, "optimiser_d": self.optimiser_d}

    def batches(self) -> list[Tensor]:
        """In random order; a last batch of one is left out, BatchNorm needs two."""
        batches = list(torch.randperm(len(self.real), device=self.device).split(self.settings.batch_size))
        return batches if len(batches[-1]) > 1 else batches[:-1]

    def end_epoch(self, epoch: int, steps: np.ndarray) -> dict:
        """The epoch's losses and D's accuracy; keeps images from the fixed noise."""
        row = _epoch_row(steps) | self._discriminator_accuracy()
        for number, mode in enumerate(SAMPLE_MODES):
            self.samples[number, epoch - 1] = from_signed(self._generate(self.fixed_noise, mode), self.shape)
        return row

    def _play(self, index: Tensor) -> None:
        """Both players' updates on the real images with the row numbers `index`, and a row of the trace."""
        play = self._generator_first if self.settings.first == "generator" else self._discriminator_first
        row = play(self.real[index])
        self.trace.add([row[name] for name in STEP_COLUMNS])

    def _discriminator_first(self, real: Tensor) -> dict:
        reuse = self.settings.reuse_fakes
        for _ in range(self.settings.d_steps):
            fake = self._fakes(len(real), with_graph=reuse)
            row = self._update_discriminator(real, fake.detach())
        return row | self._update_generator(len(real), fake if reuse else None)

    def _generator_first(self, real: Tensor) -> dict:
        fake = self._fakes(len(real), with_graph=True)
        row = self._update_generator(len(real), fake)
        for _ in range(self.settings.d_steps):
            if not self.settings.reuse_fakes:
                fake = self._fakes(len(real), with_graph=False)
            row |= self._update_discriminator(real, fake.detach())
        return row

    def _fakes(self, n: int, with_graph: bool) -> Tensor:
        with torch.set_grad_enabled(with_graph):
            return self.generator(torch.randn(n, NOISE_DIM, device=self.device))

    def _update_discriminator(self, real: Tensor, fake: Tensor) -> dict:
        self.optimiser_d.zero_grad(set_to_none=True)
        real_logits, fake_logits = self._score(real, fake)
        loss = discriminator_loss(real_logits, fake_logits, self.settings.real_label)
        loss = loss * self.settings.d_loss_scale
        loss.backward()
        self.optimiser_d.step()
        return {
            "loss_d": loss.detach(),
            "d_real": real_logits.detach().sigmoid().mean(),
            "d_fake": fake_logits.detach().sigmoid().mean(),
        }

    def _score(self, real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
        """Logits of both batches: in one pass, unless the rows of a pass are compared with one another."""
        if self.settings.minibatch_kernels:
            return self.discriminator(real), self.discriminator(fake)
        real_logits, fake_logits = self.discriminator(torch.cat([real, fake])).split([len(real), len(fake)])
        return real_logits, fake_logits

    def _update_generator(self, n: int, fake: Tensor | None) -> dict:
        """Update with `fake` (which carries its graph) first, then with fresh fakes, g_steps times in all."""
        parameters = list(self.generator.parameters())
        for _ in range(self.settings.g_steps):
            fake = self._fakes(n, with_graph=True) if fake is None else fake
            self.optimiser_g.zero_grad(set_to_none=True)
            loss = self.generator_loss(self.discriminator(fake))
            loss.backward(inputs=parameters)
            norm = torch.linalg.vector_norm(torch.stack(torch._foreach_norm([p.grad for p in parameters])))
            self.optimiser_g.step()
            fake = None
        return {"loss_g": loss.detach(), "grad_norm_g": norm}

    @torch.no_grad()
    def _generate(self, noise: Tensor, mode: str) -> Tensor:
        """Images (n, pixels) with BatchNorm in the mode `train` or `eval`; the generator itself stays as it is."""
        return copy.deepcopy(self.generator).train(mode == "train")(noise)

    @torch.no_grad()
    def _discriminator_accuracy(self) -> dict:
        """Share that D gets right of training images, held-out images and fakes (up to 1,000 of each)."""
        fakes = self._generate(torch.randn(len(self.held_out), NOISE_DIM, device=self.device), "eval")
        self.discriminator.eval()
        correct = {
            "d_accuracy_train": self.discriminator(self.real[:SCORED_IMAGES]) > 0,
            "d_accuracy_held_out": self.discriminator(self.held_out) > 0,
            "d_accuracy_fake": self.discriminator(fakes) < 0,
        }
        self.discriminator.train()
        return {name: hit.float().mean().item() for name, hit in correct.items()}


def _adam(model: nn.Module, learning_rate: float) -> torch.optim.Adam:
    on_cuda = next(model.parameters()).is_cuda
    return torch.optim.Adam(model.parameters(), learning_rate, ADAM_BETAS, fused=True, capturable=on_cuda)


def _epoch_row(steps: np.ndarray) -> dict:
    """The last batch, as the report's tables show it, and the mean over the epoch."""
    last = {name: float(value) for name, value in zip(STEP_COLUMNS, steps[-1], strict=True)}
    mean = {f"mean_{name}": float(value) for name, value in zip(STEP_COLUMNS, steps.mean(0), strict=True)}
    return last | mean


def discriminator_loss(real_logits: Tensor, fake_logits: Tensor, real_label: float) -> Tensor:
    """BCE of real against `real_label` plus BCE of fake against 0; 2 ln 2 for a discriminator that guesses."""
    real = binary_cross_entropy_with_logits(real_logits, real_logits.new_full((), real_label).expand_as(real_logits))
    return real + softplus(fake_logits).mean()


def non_saturating(fake_logits: Tensor) -> Tensor:
    """-log D(G(z)) (Goodfellow et al. 2014): its gradient is large where D rejects the fakes."""
    return softplus(-fake_logits).mean()


def minimax(fake_logits: Tensor) -> Tensor:
    """log(1 - D(G(z))): descends towards being accepted, with a gradient that vanishes where D rejects."""
    return -softplus(fake_logits).mean()


def minimax_wrong_sign(fake_logits: Tensor) -> Tensor:
    """-log(1 - D(G(z))), as the report's code has it: descends towards being *rejected*."""
    return softplus(fake_logits).mean()


GENERATOR_LOSSES = {
    "non_saturating": non_saturating,
    "minimax": minimax,
    "minimax_wrong_sign": minimax_wrong_sign,
}
