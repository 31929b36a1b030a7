"""Section 5 once more, in plain PyTorch: the VAE with KL weight 1, and with 5, from fresh weights.

python tests/independent/vae.py results/RUN prints, as JSON, a list over other seeds by condition and metric.
"""

from functools import partial
from pathlib import Path

import numpy as np
import torch
from common import Values, over_seeds, record_of, tell
from torch import nn
from torch.distributions import Normal, kl_divergence

SEEDS = range(100, 105)
EARLY = 2  # epochs after which trainings are compared, and after which they stop where
LONG = 10**6  # images or more are seen by the end: many seeds say more than many epochs do


class Vae(nn.Module):
    def __init__(self):
        super().__init__()
        self.down = nn.Sequential(
            *[nn.Conv2d(1, 32, 4, 2, 1), nn.ReLU(), nn.Conv2d(32, 64, 4, 2, 1), nn.ReLU()],
            *[nn.Flatten(), nn.Linear(3136, 256), nn.ReLU()],
        )
        self.mean, self.logvar = nn.Linear(256, 20), nn.Linear(256, 20)
        self.up = nn.Sequential(
            *[nn.Linear(20, 256), nn.ReLU(), nn.Linear(256, 3136), nn.ReLU(), nn.Unflatten(1, (64, 7, 7))],
            *[nn.ConvTranspose2d(64, 32, 4, 2, 1), nn.ReLU(), nn.ConvTranspose2d(32, 1, 4, 2, 1), nn.Sigmoid()],
        )

    def posterior(self, images: torch.Tensor) -> Normal:
        hidden = self.down(images)
        return Normal(self.mean(hidden), torch.exp(self.logvar(hidden) / 2))

    def losses(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Squared error and KL (nats), each summed over all of the batch."""
        posterior = self.posterior(images)
        error = (self.up(posterior.rsample()) - images).pow(2).sum()
        return error, kl_divergence(posterior, Normal(0.0, 1.0)).sum()


def train(images: torch.Tensor, held_out: torch.Tensor, settings: dict, epochs: int, seed: int) -> dict[str, float]:
    torch.manual_seed(seed)
    model = Vae()
    adam = torch.optim.Adam(model.parameters(), settings["learning_rate"])
    found = {}
    for epoch in range(1, epochs + 1):
        seen = torch.zeros(2)
        for batch in torch.utils.data.DataLoader(images, settings["batch_size"], shuffle=True):
            error, kl = model.losses(batch)
            adam.zero_grad()
            (error + settings["kl_weight"] * kl).backward()
            adam.step()
            seen += torch.stack([error, kl]).detach()
        with torch.no_grad():
            error, kl = (float(value) / len(held_out) for value in model.losses(held_out))
        if epoch == EARLY:
            found["train_reconstruction_epoch2"], found["train_kl_epoch2"] = (seen / len(images)).tolist()
            found["test_loss_epoch2"] = error + settings["kl_weight"] * kl
    if epochs < settings["epochs"]:
        return found
    with torch.no_grad():
        used = kl_divergence(model.posterior(held_out), Normal(0.0, 1.0)).mean(0) > 0.1
    return found | {"test_reconstruction": error, "test_kl": kl, "used_dimensions": float(used.sum())}


def values(run: Path) -> Values:
    found = {}
    for condition in ("beta1", "kl5"):
        record = record_of(run, f"vae/models/{condition}_seed0")
        settings, data = record["params"]["training"], record["arrays"]
        images = torch.from_numpy(np.load(data["train_images"])[: settings["images"]]).unsqueeze(1) / 255
        held_out = torch.from_numpy(np.load(data["test_images"])[: record["params"]["test_images"]]).unsqueeze(1) / 255
        epochs = EARLY if len(images) * settings["epochs"] >= LONG else settings["epochs"]
        found[condition] = over_seeds(partial(train, images, held_out, settings, epochs), SEEDS)
    return found


if __name__ == "__main__":
    tell(values)
