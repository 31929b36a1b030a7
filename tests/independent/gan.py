"""Section 4 once more, in plain PyTorch: the GAN whose gradient vanishes (Table 7), and the one that is mitigated (8).

python tests/independent/gan.py results/RUN prints, as JSON, a list over other seeds by condition and metric.
"""

from functools import partial
from pathlib import Path

import numpy as np
import torch
from common import Values, over_seeds, record_of, tell
from torch import nn
from torch.nn.utils import clip_grad_norm_

SEEDS = range(100, 106)


def networks(pixels: int) -> tuple[nn.Module, nn.Module]:
    generator = nn.Sequential(
        *[nn.Linear(100, 256), nn.ReLU(), nn.BatchNorm1d(256)],
        *[nn.Linear(256, 512), nn.ReLU(), nn.BatchNorm1d(512)],
        *[nn.Linear(512, pixels), nn.Tanh()],
    )
    discriminator = nn.Sequential(
        *[nn.Linear(pixels, 256), nn.LeakyReLU(0.2)],
        *[nn.Linear(256, 256), nn.LeakyReLU(0.2)],
        *[nn.Linear(256, 1), nn.Sigmoid()],
    )
    for layer in [*generator, *discriminator]:
        if isinstance(layer, nn.Linear | nn.BatchNorm1d):
            nn.init.normal_(layer.weight, 1.0 if isinstance(layer, nn.BatchNorm1d) else 0.0, 0.02)
            nn.init.zeros_(layer.bias)
    return generator, discriminator


def train(images: torch.Tensor, epochs: int, mitigated: bool, seed: int) -> dict[str, float]:
    """The end of one training; with `mitigated`, by the loss -log D(G(z)), real labels of 0.9, and even steps."""
    torch.manual_seed(seed)
    bce = nn.BCELoss()
    generator, discriminator = networks(images.shape[1])
    rate_d, steps_d, real_label = (2e-4, 1, 0.9) if mitigated else (1e-3, 5, 1.0)
    adam_g = torch.optim.Adam(generator.parameters(), 2e-4, (0.5, 0.999))
    adam_d = torch.optim.Adam(discriminator.parameters(), rate_d, (0.5, 0.999))
    norms, rows = [], []
    for _ in range(epochs):
        of_epoch = []
        for real in torch.utils.data.DataLoader(images, batch_size=64, shuffle=True):
            ones, zeros = torch.ones(len(real), 1), torch.zeros(len(real), 1)
            for _ in range(steps_d):
                fake = generator(torch.randn(len(real), 100)).detach()
                on_real, on_fake = discriminator(real), discriminator(fake)
                loss_d = bce(on_real, real_label * ones) + bce(on_fake, zeros)
                adam_d.zero_grad()
                loss_d.backward()
                adam_d.step()
            answer = discriminator(generator(torch.randn(len(real), 100)))
            loss_g = bce(answer, ones if mitigated else zeros)  # zeros: the report's sign, which is wrong
            adam_g.zero_grad()
            loss_g.backward()
            norms.append(float(clip_grad_norm_(generator.parameters(), float("inf"))))
            adam_g.step()
            of_epoch.append(
                [float(value) for value in (loss_d.detach(), on_real.detach().mean(), on_fake.detach().mean())]
            )
        rows.append(np.mean(of_epoch, axis=0))
    loss_d, d_real, d_fake = np.mean(rows[-10:], axis=0)
    return {"grad_norm_g_last": float(np.median(norms[-100:])), "loss_d": loss_d, "d_real": d_real, "d_fake": d_fake}


def values(run: Path) -> Values:
    found = {}
    for condition in ("vanishing_published", "mitigated"):
        record = record_of(run, f"gan/models/{condition}_seed0")
        settings = record["params"]["training"]
        data = np.load(record["arrays"]["train_images"])[: settings["images"]]
        images = torch.from_numpy(data).flatten(1) / 127.5 - 1
        end = partial(train, images, settings["epochs"], condition == "mitigated")
        found[condition] = over_seeds(end, SEEDS)
    return found


if __name__ == "__main__":
    tell(values)
