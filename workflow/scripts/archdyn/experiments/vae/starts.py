"""Which model Table 9's training went on from: the report's code continues one, and no saved cell says which."""

from pathlib import Path

import numpy as np
import pandas as pd

LOSSES = {"train": "train_loss", "val": "test_loss"}  # the report's column: ours


def rank_starts(epochs: pd.DataFrame, published: pd.DataFrame) -> pd.DataFrame:
    """The starts, nearest first: start, distance (nats), epochs and seeds compared.

    The distance is the root mean square, over both losses and the epochs in which the KL's weight rises (beta < 1), of
    the mean over the seeds less the report's value. epochs: start, seed, epoch, train_loss, test_loss.
    published: Table 9.
    """
    rising = published[published["beta"] < 1].set_index("epoch")[list(LOSSES)]
    rows = []
    for start, tried in epochs.groupby("start", sort=False):
        ours = tried.groupby("epoch")[list(LOSSES.values())].mean().rename(columns={v: k for k, v in LOSSES.items()})
        both = rising.index.intersection(ours.index)
        distance = np.sqrt(((ours.loc[both] - rising.loc[both]) ** 2).to_numpy().mean())
        rows.append({"start": start, "distance": distance, "epochs": len(both), "seeds": tried["seed"].nunique()})
    return pd.DataFrame(rows).sort_values("distance", kind="stable", ignore_index=True)


def kept_start(ranking: pd.DataFrame) -> str:
    """The start that is nearest."""
    return ranking["start"].iloc[0]


def kept_model(ranking: Path, models: dict[str, Path]) -> Path | None:
    """The model of the nearest start, of `models` by start; None where that is new weights."""
    return models.get(kept_start(pd.read_csv(ranking)))
