"""The tables of section 4."""

from pathlib import Path

import pandas as pd

from archdyn.render import tables
from archdyn.render.published import read_published

EPOCH_COLUMNS = {  # the report's column: ours, digits
    "D loss": ("loss_d", 4),
    "G loss": ("loss_g", 4),
    "D(real)": ("d_real", 3),
    "D(fake)": ("d_fake", 3),
}
CONDITION_COLUMNS = {  # heading: metric, digits
    "Fréchet ↓": ("frechet_distance", 3),
    "precision": ("precision", 3),
    "coverage": ("coverage", 3),
    "digits of {classes}": ("digits_covered", 1),
    "digits, share": ("digit_share", 3),
    "one image, share": ("largest_image_share", 3),
    "nearest train L2": ("nearest_train_distance", 2),
    "G gradient, end": ("grad_norm_g_last", 4),
    "G saturated": ("g_saturated", 3),
    "largest logit": ("largest_logit_fake", 1),
    "D acc. train": ("d_accuracy_train", 3),
    "D acc. held out": ("d_accuracy_held_out", 3),
    "D acc. fakes": ("d_accuracy_fake", 3),
}


def table7(inputs, settings: dict) -> pd.DataFrame:
    """Table 7: vanishing gradients, published beside ours."""
    ours = {"ours, published protocol": inputs.reproduced, "ours, corrected loss": inputs.corrected}
    return epoch_table(read_published(inputs.published, "table7"), ours)


def table8(inputs, settings: dict) -> pd.DataFrame:
    """Table 8: the mitigated training, published beside ours."""
    return epoch_table(read_published(inputs.published, "table8"), {"ours, published protocol": inputs.reproduced})


def conditions(inputs, settings: dict) -> pd.DataFrame:
    """All GAN conditions in one table, and real images."""
    return conditions_table(pd.read_csv(inputs.summary), settings["names"])


def epoch_table(published: pd.DataFrame, ours: dict[str, list[Path]]) -> pd.DataFrame:
    """Tables 7 and 8. `ours` gives for each source the epoch CSVs, one per seed."""
    epochs = {source: pd.concat(map(pd.read_csv, files)) for source, files in ours.items()}
    return tables.epoch_table({"report": published}, epochs, EPOCH_COLUMNS)


def conditions_table(summary: pd.DataFrame, names: dict[str, str]) -> pd.DataFrame:
    """A row per condition, under its name, with mean ± sd over seeds; `summary` has condition, metric, mean, sd, n."""
    classes = summary["metric"].str.startswith("digit_share_").groupby(summary["condition"]).sum().max()
    columns = {heading.format(classes=classes): column for heading, column in CONDITION_COLUMNS.items()}
    return tables.conditions_table(summary, names, columns)
