"""The tables of section 4."""

from pathlib import Path

import pandas as pd

from archdyn.tables.write import format_mean_sd, mean_sd

EPOCH_COLUMNS = {  # the report's column: ours, digits
    "D loss": ("loss_d", 4),
    "G loss": ("loss_g", 4),
    "D(real)": ("d_real", 3),
    "D(fake)": ("d_fake", 3),
}
CONDITION_COLUMNS = {  # heading: metric, digits
    "Fréchet ↓": ("frechet_distance", 3),
    "precision": ("precision", 3),
    "recall": ("recall", 3),
    "density": ("density", 3),
    "coverage": ("coverage", 3),
    "modes of 10": ("modes_covered", 1),
    "class KL (nats) ↓": ("class_kl", 3),
    "pairwise L2": ("pairwise_distance", 2),
    "nearest train L2": ("nearest_train_distance", 2),
    "G gradient, end": ("grad_norm_g_last", 4),
    "D acc. train": ("d_accuracy_train", 3),
    "D acc. held out": ("d_accuracy_held_out", 3),
    "D acc. fakes": ("d_accuracy_fake", 3),
}


def epoch_table(published: pd.DataFrame, ours: dict[str, list[Path]]) -> pd.DataFrame:
    """The report's rows, each followed by ours of the same epoch as mean ± sd over the seeds.

    `ours` gives for each source the epoch CSVs, one per seed. An epoch that this run did not reach shows a dash.
    """
    epochs = {source: pd.concat(map(pd.read_csv, files)) for source, files in ours.items()}
    rows = []
    for row in published.to_dict("records"):
        values = {name: f"{row[name]:.{digits}f}" for name, (_, digits) in EPOCH_COLUMNS.items()}
        rows.append({"epoch": int(row["epoch"]), "source": "report", **values, "n": 1})
        for source, runs in epochs.items():
            rows.append({"epoch": int(row["epoch"]), "source": source, **_epoch_values(runs, row["epoch"])})
    return pd.DataFrame(rows)


def conditions_table(summary: pd.DataFrame, conditions: list[str]) -> pd.DataFrame:
    """A row per condition with mean ± sd over seeds; `summary` has condition, metric, mean, sd, n."""
    cells = summary.set_index(["condition", "metric"])
    rows = []
    for condition in conditions:
        found = cells.loc[condition]
        values = {
            heading: format_mean_sd(found.at[metric, "mean"], found.at[metric, "sd"], digits)
            if metric in found.index
            else "–"
            for heading, (metric, digits) in CONDITION_COLUMNS.items()
        }
        rows.append({"condition": condition, **values, "n": int(found["n"].max())})
    return pd.DataFrame(rows)


def _epoch_values(runs: pd.DataFrame, epoch: int) -> dict:
    at_epoch = runs[runs["epoch"] == epoch]
    if at_epoch.empty:
        return dict.fromkeys(EPOCH_COLUMNS, "–") | {"n": 0}
    values = {name: mean_sd(at_epoch[ours], digits) for name, (ours, digits) in EPOCH_COLUMNS.items()}
    return values | {"n": len(at_epoch)}
