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

from archdyn.experiments.gan.losses import LOSSES
from archdyn.experiments.gan.model import NOISE_DIM, build_discriminator, build_generator
from archdyn.experiments.gan.settings import GanTraining
from archdyn.networks.capture import CapturedStep
from archdyn.networks.loop import Interruption, Stateful, Trace, run_epochs
from archdyn.networks.pixels import from_signed, on_device, to_signed

STEP_COLUMNS = ("loss_d", "loss_g", "d_real", "d_fake", "grad_norm_g")
KINDS = ("real", "fake")
ADAM_BETAS = (0.5, 0.999)
FIXED_SAMPLES, FRESH_SAMPLES = 25, 16  # as many as the report shows, of noise that stays and of new noise
SATURATED = 0.999  # tanh: what a pixel passes back of its gradient is 1 - x^2, 0.002 here
SAMPLE_MODES = ("train", "eval")  # BatchNorm normalises by the 25 samples, as the report draws them; by its averages
SAMPLES = (*(f"fixed_{mode}" for mode in SAMPLE_MODES), "fresh")
SCORED_IMAGES = 1000  # of each kind, for the discriminator's accuracy after each epoch


@dataclass
class TrainedGan:
    """What a training leaves.

    steps: float32 (steps, 5), columns STEP_COLUMNS: losses in nats, D's mean probability on real and fake
        images, and the L2 norm of the generator's gradient. With several updates per batch: of the last one.
    epochs: one dict per epoch. samples: uint8 (epochs, n, h, w), `fixed_train` and `fixed_eval` 25 from noise that
        stays, by the mode of G's BatchNorm (SAMPLE_MODES), and `fresh` 16 from new noise, in eval mode.
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
    samples = {name: getattr(game, name).cpu().numpy() for name in SAMPLES}
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
        losses = LOSSES[settings.loss_on]
        self.discriminator_loss, self.generator_loss = losses.discriminator, losses.generator[settings.g_loss]
        steps_per_epoch = -(-len(self.real) // settings.batch_size)
        self.trace = Trace(STEP_COLUMNS, settings.epochs * steps_per_epoch, device)
        for name in SAMPLES:
            shape = settings.epochs, FRESH_SAMPLES if name == "fresh" else FIXED_SAMPLES, *self.shape
            self.register_buffer(name, torch.zeros(shape, dtype=torch.uint8, device=device))
        self.register_buffer("extremes", torch.zeros(len(KINDS), 2, device=device))
        self.step = CapturedStep(self._play, settings.batch_size, device)

    def state(self) -> dict[str, Stateful]:
        """Networks, optimisers, trace and samples."""
        return {"game": self, "optimiser_g": self.optimiser_g, "optimiser_d": self.optimiser_d}

    def batches(self) -> list[Tensor]:
        """In random order; a last batch of one is left out, BatchNorm needs two."""
        batches = list(torch.randperm(len(self.real), device=self.device).split(self.settings.batch_size))
        return batches if len(batches[-1]) > 1 else batches[:-1]

    def end_epoch(self, epoch: int, steps: np.ndarray) -> dict:
        """The epoch's losses, D's logits and accuracy, and how saturated G is; keeps what G draws."""
        fakes = self._generate(torch.randn(SCORED_IMAGES, NOISE_DIM, device=self.device), "eval")
        drawn = {f"fixed_{mode}": self._generate(self.fixed_noise, mode) for mode in SAMPLE_MODES}
        for name, images in (drawn | {"fresh": fakes[:FRESH_SAMPLES]}).items():
            getattr(self, name)[epoch - 1] = from_signed(images, self.shape)
        saturated = (drawn["fixed_train"].abs() > SATURATED).float().mean().item()
        return _epoch_row(steps) | self._extremes() | self._accuracy(fakes) | {"g_saturated": saturated}

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
        self._note("real", real_logits)
        self._note("fake", fake_logits)
        loss = self.discriminator_loss(real_logits, fake_logits, self.settings.real_label)
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
            logits = self.discriminator(fake)
            self._note("fake", logits)
            loss = self.generator_loss(logits)
            loss.backward(inputs=parameters)
            norm = torch.linalg.vector_norm(torch.stack(torch._foreach_norm([p.grad for p in parameters])))
            self.optimiser_g.step()
            fake = None
        return {"loss_g": loss.detach(), "grad_norm_g": norm}

    @torch.no_grad()
    def _note(self, kind: str, logits: Tensor) -> None:
        """Widen the range of D's logits on images of a kind in this epoch."""
        low, high = logits.aminmax()
        extremes = self.extremes[KINDS.index(kind)]
        torch.maximum(extremes, torch.stack([-low, high]), out=extremes)

    def _extremes(self) -> dict:
        """The lowest and highest logit since the last call, at least 0 from 0, by kind of image."""
        found = self.extremes.cpu().tolist()
        self.extremes.zero_()
        return {
            f"{end}_logit_{kind}": value
            for kind, (negated, highest) in zip(KINDS, found, strict=True)
            for end, value in (("lowest", -negated), ("highest", highest))
        }

    @torch.no_grad()
    def _generate(self, noise: Tensor, mode: str) -> Tensor:
        """Images (n, pixels) with BatchNorm in the mode `train` or `eval`; the generator itself stays as it is."""
        return copy.deepcopy(self.generator).train(mode == "train")(noise)

    @torch.no_grad()
    def _accuracy(self, fakes: Tensor) -> dict:
        """Share that D gets right of training images, held-out images and fakes (up to 1,000 of each)."""
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
