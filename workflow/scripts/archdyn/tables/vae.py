"""The tables of section 5."""

import pandas as pd

from archdyn.metrics.vae import verdict
from archdyn.tables import rows

EPOCH_COLUMNS = {  # the report's column: ours, digits
    "train": ("train_loss", 4),
    "val": ("test_loss", 4),
    "recon": ("train_loss_reconstruction", 4),
    "KL": ("train_loss_kl", 4),
    "beta": ("kl_weight", 2),
}
CONDITION_COLUMNS = {  # heading: metric, digits
    "error ↓": ("test_reconstruction", 2),
    "KL (nats)": ("test_kl", 3),
    "ELBO (nats) ↑": ("test_elbo", 2),
    "active units": ("active_units", 1),
    "information (nats)": ("mutual_information", 2),
    "on the floor": ("floor_share", 3),
    "error, z from prior": ("prior_error", 1),
    "ratio": ("prior_ratio", 2),
    "Fréchet, normal ↓": ("normal_frechet_distance", 3),
    "Fréchet, Laplace ↓": ("laplace_frechet_distance", 3),
    "class KL, normal": ("normal_class_kl", 3),
    "class KL, Laplace": ("laplace_class_kl", 3),
}


def table9(published: pd.DataFrame, reproduced: pd.DataFrame, corrected: pd.DataFrame) -> pd.DataFrame:
    """Table 9; `reproduced` and `corrected` are the epochs of all seeds."""
    ours = {"ours, published protocol": as_printed(reproduced), "ours, corrected": corrected}
    return rows.epoch_table(published, ours, EPOCH_COLUMNS)


def as_printed(epochs: pd.DataFrame) -> pd.DataFrame:
    """The epochs with both parts of the loss divided by the number of batches again, as the report's code does."""
    parts = ["train_loss_reconstruction", "train_loss_kl"]
    return epochs.assign(**{part: epochs[part] / epochs["batches"] for part in parts})


def conditions_table(metrics: pd.DataFrame, summary: pd.DataFrame, conditions: list[str]) -> pd.DataFrame:
    """A row per condition with the verdict on its seeds and mean ± sd of its numbers.

    `metrics` has tidy rows, `summary` their mean, sd and n.
    """
    table = rows.conditions_table(summary, conditions, CONDITION_COLUMNS)
    table.insert(1, "verdict", [_verdicts(metrics[metrics["condition"] == condition]) for condition in conditions])
    return table


def real_images(summary: pd.DataFrame) -> str:
    """What real images score where the samples are judged, for the caption."""
    best = summary.set_index("metric").at["held_out_frechet_distance", "mean"]
    return f"Real held-out images have a Fréchet distance of {best:.3f}."


def _verdicts(metrics: pd.DataFrame) -> str:
    """The verdict on all seeds, or how many seeds have which."""
    by_seed = metrics.pivot(index="seed", columns="metric", values="value")
    found = pd.Series(map(verdict, by_seed["active_share"], by_seed["prior_ratio"])).value_counts()
    return found.index[0] if len(found) == 1 else ", ".join(f"{n} {name}" for name, n in found.items())
