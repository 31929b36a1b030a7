"""A linear autoencoder."""

import torch
from torch import Tensor, nn


class LinearAutoencoder(nn.Module):
    """Flat images (n, pixels) in [0, 1] -> their reconstructions, through a few linear latents."""

    def __init__(self, pixels: int, latents: int):
        super().__init__()
        self.encoder = nn.Linear(pixels, latents, bias=False)
        self.decoder = nn.Linear(latents, pixels, bias=False)
        self.register_buffer("centre", torch.zeros(pixels))

    def forward(self, x: Tensor) -> Tensor:
        return self.decoder(self.encoder(x - self.centre)) + self.centre
