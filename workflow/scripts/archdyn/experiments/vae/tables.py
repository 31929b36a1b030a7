"""The tables of section 5."""

import pandas as pd

from archdyn.experiments.vae.starts import LOSSES, kept_start
from archdyn.render import tables
from archdyn.render.published import read_published
from archdyn.render.words import mean_sd

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


def table9(inputs, settings: dict) -> pd.DataFrame:
    """Table 9: the annealed trainings, published beside ours."""
    published = read_published(inputs.published, "table9")
    epochs = {name: pd.concat(map(pd.read_csv, inputs[name])) for name in ("reproduced", "corrected")}
    return table9_rows(published, **epochs, ranking=pd.read_csv(inputs.ranking))


def starts(inputs, settings: dict) -> pd.DataFrame:
    """What Table 9's training may have started from: the first epochs from each start beside the report's."""
    published = read_published(inputs.published, "table9")
    epochs = pd.concat(map(pd.read_csv, inputs.epochs))
    return starts_table(published, epochs, pd.read_csv(inputs.ranking), settings["about"])


def conditions(inputs, settings: dict) -> pd.DataFrame:
    """All VAE conditions in one table, with the verdict on each."""
    summary = pd.read_csv(inputs.summary)
    table = conditions_table(pd.read_csv(inputs.metrics), summary, settings["conditions"])
    table.attrs["sentence"] = real_images(summary)
    return table


def table9_rows(
    published: pd.DataFrame, reproduced: pd.DataFrame, corrected: pd.DataFrame, ranking: pd.DataFrame
) -> pd.DataFrame:
    """Table 9; `reproduced` and `corrected` are the epochs of all seeds, `ranking` the starts, nearest first."""
    ours = {f"ours, reconstructed from {kept_start(ranking)}": as_printed(reproduced), "ours, corrected": corrected}
    return tables.epoch_table(published, ours, EPOCH_COLUMNS)


def starts_table(
    published: pd.DataFrame, epochs: pd.DataFrame, ranking: pd.DataFrame, about: dict[str, str]
) -> pd.DataFrame:
    """The report's losses in the epochs in which the KL's weight rises, then those from each start, nearest first.

    epochs: of all starts and seeds. about: what each start is.
    """
    rising = published[published["beta"] < 1]
    report = {f"{loss} {row['epoch']}": f"{row[loss]:.4f}" for loss in LOSSES for row in rising.to_dict("records")}
    table = [{"start": "report", "about": "unknown", **report, "distance (nats)": "–", "n": 1}]
    for row in ranking.to_dict("records"):
        tried = epochs[epochs["start"] == row["start"]]
        values = {
            f"{loss} {epoch}": mean_sd(tried.loc[tried["epoch"] == epoch, column], 4)
            for loss, column in LOSSES.items()
            for epoch in rising["epoch"]
        }
        distance = {"distance (nats)": f"{row['distance']:.4f}", "n": row["seeds"]}
        table.append({"start": row["start"], "about": about[row["start"]] or "new weights", **values, **distance})
    return pd.DataFrame(table)


def as_printed(epochs: pd.DataFrame) -> pd.DataFrame:
    """The epochs with both parts of the loss divided by the number of batches again, as the report's code does."""
    parts = ["train_loss_reconstruction", "train_loss_kl"]
    return epochs.assign(**{part: epochs[part] / epochs["batches"] for part in parts})


def conditions_table(metrics: pd.DataFrame, summary: pd.DataFrame, conditions: list[str]) -> pd.DataFrame:
    """A row per condition with the verdict on its seeds and mean ± sd of its numbers.

    `metrics` has tidy rows, `summary` their mean, sd and n.
    """
    table = tables.conditions_table(summary, conditions, CONDITION_COLUMNS)
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


COLLAPSED_RATIO = 1.1
ACTIVE_RATIO = 2.0
ACTIVE_SHARE = 0.5


def verdict(active_share: float, prior_ratio: float) -> str:
    """Whether a posterior is "collapsed", "partly" collapsed or "active".

    active_share: active units over all units, 0..1. prior_ratio: reconstruction error with z from the prior over
    that with z from the posterior. Collapsed: no unit is active, or the decoder loses under 10% when it is given
    another z, so it hardly reads it. Active: at least half of the units are, and the error at least doubles.
    """
    if active_share == 0 or prior_ratio < COLLAPSED_RATIO:
        return "collapsed"
    if active_share >= ACTIVE_SHARE and prior_ratio >= ACTIVE_RATIO:
        return "active"
    return "partly"
