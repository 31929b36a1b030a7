"""The seed of a job, and the random generators that it starts."""

import numpy as np


def seed_of(wildcards: dict, params) -> int | None:
    """The wildcard `seed` as a number, else the param `seed`, else None."""
    return int(wildcards["seed"]) if "seed" in wildcards else params.get("seed")


def seed_everything(seed: int) -> None:
    """Start numpy's and torch's global generators at `seed`."""
    import torch

    np.random.seed(seed)
    torch.manual_seed(seed)
