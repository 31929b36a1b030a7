"""What a trained VAE says of the test images, and what it draws."""

from pathlib import Path

import numpy as np
import torch

from archdyn.experiments.vae.model import LATENT_DIM, Vae, kl_per_dimension, sample_posterior
from archdyn.networks.checkpoint import load_weights, read_settings
from archdyn.networks.pixels import from_unit, on_device, to_unit

BATCH = 1000
SHOWN = 16  # test images that are kept with their reconstructions
PRIORS = {
    "normal": lambda shape, device: torch.randn(shape, device=device),
    "laplace": lambda shape, device: torch.distributions.Laplace(torch.zeros(shape, device=device), 1.0).sample(),
}
PLANE = torch.linspace(-3, 3, 15)  # of either dimension, in standard deviations of the prior
TRAVERSED = torch.linspace(-3, 3, 7)  # in standard deviations of the prior


def load_vae(path: Path, device: torch.device) -> Vae:
    """The model of a checkpoint, in eval mode."""
    return load_weights(path, "vae", Vae(tuple(read_settings(path)["shape"]))).to(device).eval()


@torch.no_grad()
def embed_posterior(model: Vae, images: np.ndarray, device: torch.device) -> dict[str, np.ndarray]:
    """What the model says of uint8 images, all float32.

    mean, logvar: (n, 20). errors: (n, 2), the squared error summed over pixels with z from the image's posterior,
    and with z from the prior in its place, which costs nothing where the decoder ignores z.
    """
    parts = []
    for start in range(0, len(images), BATCH):
        batch = to_unit(on_device(images[start : start + BATCH], device))
        mean, logvar = model.encode(batch)
        latents = sample_posterior(mean, logvar), torch.randn_like(mean)
        errors = [(batch - model.decode(z)).square().flatten(1).sum(1) for z in latents]
        parts.append((mean, logvar, torch.stack(errors, 1)))
    arrays = (torch.cat(part).cpu().numpy() for part in zip(*parts, strict=True))
    return dict(zip(("mean", "logvar", "errors"), arrays, strict=True))


@torch.no_grad()
def one_pass(model: Vae, images: np.ndarray, batch_size: int, device: torch.device) -> np.ndarray:
    """Squared error and KL (nats) per image of each minibatch, float32 (minibatches, 2), of uint8 images shuffled."""
    rows = []
    for index in torch.randperm(len(images)).split(batch_size):
        batch = to_unit(on_device(images[index.numpy()], device))
        reconstructions, mean, logvar = model(batch)
        error = (batch - reconstructions).square().flatten(1).sum(1).mean()
        rows.append(torch.stack([error, kl_per_dimension(mean, logvar).sum(1).mean()]))
    return torch.stack(rows).cpu().numpy()


@torch.no_grad()
def reconstruct(model: Vae, images: np.ndarray, device: torch.device) -> np.ndarray:
    """Reconstructions, of the same shape and type, of uint8 images, each from one draw of z."""
    reconstructions, _, _ = model(to_unit(on_device(images, device)))
    return from_unit(reconstructions)


@torch.no_grad()
def sample_images(model: Vae, n: int, prior: str, device: torch.device) -> np.ndarray:
    """`n` uint8 images from z ~ N(0, I) (normal) or Laplace(0, 1) in each dimension, whose variance is 2."""
    batches = [
        from_unit(model.decode(PRIORS[prior]((min(BATCH, n - start), LATENT_DIM), device)))
        for start in range(0, n, BATCH)
    ]
    return np.concatenate(batches)


@torch.no_grad()
def traverse(model: Vae, device: torch.device) -> np.ndarray:
    """Images uint8 (20, 7, h, w): each latent dimension from -3 to 3 while the others stay 0."""
    steps = len(TRAVERSED)
    latents = torch.zeros(LATENT_DIM, steps, LATENT_DIM)
    for dimension in range(LATENT_DIM):
        latents[dimension, :, dimension] = TRAVERSED
    images = from_unit(model.decode(latents.flatten(0, 1).to(device)))
    return images.reshape(LATENT_DIM, steps, *images.shape[1:])


@torch.no_grad()
def decode_plane(model: Vae, dimensions: np.ndarray, device: torch.device) -> np.ndarray:
    """Images uint8 (15, 15, h, w): two latent dimensions from -3 to 3, the second fastest, while the others stay 0."""
    steps = len(PLANE)
    latents = torch.zeros(steps, steps, LATENT_DIM)
    latents[..., int(dimensions[0])] = PLANE[:, None]
    latents[..., int(dimensions[1])] = PLANE
    images = from_unit(model.decode(latents.flatten(0, 1).to(device)))
    return images.reshape(steps, steps, *images.shape[1:])
