"""The report's convolutional VAE (section 5): one network, which no condition changes."""

import torch
from torch import Tensor, nn

from archdyn.errors import ArchdynError

LATENT_DIM = 20


class Vae(nn.Module):
    """Images float (n, channels, h, w) in [0, 1] <-> latents (n, 20); h and w are multiples of 4.

    Encoder conv 1-32-64 (kernel 4, stride 2, padding 1), fc 3136-256, mean and logvar 20; decoder fc 20-256-3136,
    transposed conv 64-32-1, sigmoid; ReLU between. The widths in between are those of 28 x 28 grey images.
    """

    def __init__(self, shape: tuple[int, ...]):
        super().__init__()
        channels, height, width = shape
        if height % 4 or width % 4:
            raise ArchdynError(f"the VAE halves an image twice, so {height} x {width} pixels must be multiples of 4")
        self.shape = shape
        deep = (64, height // 4, width // 4)
        flat = 64 * (height // 4) * (width // 4)
        self.encoder = nn.Sequential(
            nn.Conv2d(channels, 32, 4, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(32, 64, 4, stride=2, padding=1),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(flat, 256),
            nn.ReLU(),
        )
        self.mean = nn.Linear(256, LATENT_DIM)
        self.logvar = nn.Linear(256, LATENT_DIM)
        self.decoder = nn.Sequential(
            nn.Linear(LATENT_DIM, 256),
            nn.ReLU(),
            nn.Linear(256, flat),
            nn.ReLU(),
            nn.Unflatten(1, deep),
            nn.ConvTranspose2d(64, 32, 4, stride=2, padding=1),
            nn.ReLU(),
            nn.ConvTranspose2d(32, channels, 4, stride=2, padding=1),
            nn.Sigmoid(),
        )

    def encode(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Means and logvars (n, 20) of the diagonal Gaussian posteriors q(z|x)."""
        hidden = self.encoder(images)
        return self.mean(hidden), self.logvar(hidden)

    def decode(self, latents: Tensor) -> Tensor:
        """Latents (n, 20) -> images (n, channels, h, w) in [0, 1]."""
        return self.decoder(latents)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Reconstructions from one draw of z per image (torch's global generator), means, logvars."""
        mean, logvar = self.encode(images)
        return self.decode(sample_posterior(mean, logvar)), mean, logvar


def sample_posterior(mean: Tensor, logvar: Tensor) -> Tensor:
    """One draw per row from N(mean, exp(logvar)), differentiable in both (Kingma and Welling 2014)."""
    return mean + torch.randn_like(mean) * torch.exp(0.5 * logvar)


def kl_per_dimension(mean: Tensor, logvar: Tensor) -> Tensor:
    """KL(N(mean, exp(logvar)) || N(0, 1)) in nats, elementwise and non-negative (Kingma and Welling 2014, B)."""
    return 0.5 * (mean.square() + logvar.exp() - 1 - logvar)
