"""The random generators that a job starts."""

import numpy as np
import torch


def seed_everything(seed: int) -> int:
    """Start numpy's and torch's global generators at `seed`, and return it."""
    np.random.seed(seed)
    torch.manual_seed(seed)
    return seed
