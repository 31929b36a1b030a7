"""The random generators that a job starts."""

import numpy as np
import torch


def seed_everything(seed: int) -> None:
    """Start numpy's and torch's global generators at `seed`."""
    np.random.seed(seed)
    torch.manual_seed(seed)
