"""The tables of section 5."""

import numpy as np
import pandas as pd

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
    "variance explained": ("explained_variance", 2),
    "dimensions used": ("used_dimensions", 1),
    "error ↓": ("test_reconstruction", 2),
    "KL (nats)": ("test_kl", 2),
    "information (nats)": ("mutual_information", 2),
    "Fréchet, normal ↓": ("normal_frechet_distance", 3),
    "Fréchet, Laplace ↓": ("laplace_frechet_distance", 3),
}
FLOOR = 2.0  # nats: 20 dimensions, each of at least 0.1 under the published free bits
LOSSES = {  # of KL annealing, by the saved version of the notebook: in words, and our training with it
    "first": ("squared error summed over the pixels + β KL", "annealing_first"),
    "second": ("the same; for validation, the error averaged over the pixels", None),
    "third": ("squared error summed over the pixels + 5 β KL, a floor under the KL of a batch", "annealing_again"),
    "last": ("squared error averaged over the pixels + β KL, a floor under each dimension", "annealing_published"),
}


def table9(inputs, settings: dict) -> pd.DataFrame:
    """Table 9: the annealed trainings, published beside ours."""
    reproduced, corrected = (pd.concat(map(pd.read_csv, inputs[name])) for name in ("reproduced", "corrected"))
    published = read_published(inputs.published, "table9")
    ours = {"ours": as_printed(reproduced), "ours, corrected": corrected}
    table = tables.epoch_table({"report": published}, ours, EPOCH_COLUMNS)
    table.attrs["sentence"] = above_floor(published.iloc[-1], reproduced, np.load(inputs.test_images))
    return table


def above_floor(last: pd.Series, reproduced: pd.DataFrame, images: np.ndarray) -> str:
    """What the last published loss, and ours of its epoch, leave when the price of the floor is taken off.

    Beside it stands the error per pixel of the mean image of `images`, uint8.
    """
    ours = reproduced.loc[reproduced["epoch"] == last["printed"], "train_loss"]
    found = f", ours {ours.mean() - FLOOR:.3f}" if len(ours) else ""
    return (
        f"Above the {FLOOR:g} nats of the floor, the report's last training loss leaves an error of "
        f"{last['train'] - FLOOR:.3f} per pixel{found}; the mean image has {(images / 255).var(0).mean():.3f}."
    )


def annealing_losses(inputs, settings: dict) -> pd.DataFrame:
    """How the loss of KL annealing was changed until the report kept it, and what each printed, beside ours."""
    return losses_table(
        read_published(inputs.published, "annealing_losses"),
        read_published(inputs.published, "table9"),
        pd.concat(map(pd.read_csv, inputs.epochs)),
    )


def conditions(inputs, settings: dict) -> pd.DataFrame:
    """All VAE conditions in one table, with how far each collapsed."""
    summary = pd.read_csv(inputs.summary)
    table = conditions_table(pd.read_csv(inputs.metrics), summary, settings["names"])
    table.attrs["sentence"] = real_images(summary)
    return table


def losses_table(versions: pd.DataFrame, table9: pd.DataFrame, epochs: pd.DataFrame) -> pd.DataFrame:
    """A row for each printed epoch of the saved `versions`, then Table 9's first and last row.

    versions: version, epoch, beta, train, val, as config/published has them. epochs: of all seeds of our trainings.
    """
    ends = table9.iloc[[0, -1]].assign(version="last", epoch=table9["printed"].iloc[[0, -1]])
    rows = []
    for row in pd.concat([versions, ends]).to_dict("records"):
        loss, condition = LOSSES[row["version"]]
        ours = epochs[(epochs["condition"] == condition) & (epochs["epoch"] == row["epoch"])]
        digits = {name: EPOCH_COLUMNS[name] for name in ("train", "val")}
        rows.append(
            {
                "version": row["version"],
                "loss": loss,
                "epoch": row["epoch"],
                "β": f"{row['beta']:.2f}",
                **{f"{name}, printed": f"{row[name]:.{places}f}" for name, (_, places) in digits.items()},
                **{
                    f"{name}, ours": mean_sd(ours[column], 2) if len(ours) else "–"
                    for name, (column, _) in digits.items()
                },
                "n": len(ours),
            }
        )
    table = pd.DataFrame(rows)
    return table.assign(loss=table["loss"].mask(table["loss"].duplicated(), ""))


def as_printed(epochs: pd.DataFrame) -> pd.DataFrame:
    """The epochs with both parts of the loss divided by the number of batches again, as the report's code does."""
    parts = ["train_loss_reconstruction", "train_loss_kl"]
    return epochs.assign(**{part: epochs[part] / epochs["batches"] for part in parts})


def conditions_table(metrics: pd.DataFrame, summary: pd.DataFrame, names: dict[str, str]) -> pd.DataFrame:
    """A row per condition with how far its seeds collapsed, and mean ± sd of its numbers.

    `metrics` has tidy rows, `summary` their mean, sd and n; `names` what readers call the conditions.
    """
    table = tables.conditions_table(summary, names, CONDITION_COLUMNS)
    table.insert(1, "collapse", [_grades(metrics[metrics["condition"] == condition]) for condition in names])
    return table


def real_images(summary: pd.DataFrame) -> str:
    """What real images score where the samples are judged, for the caption."""
    best = summary.set_index("metric").at["held_out_frechet_distance", "mean"]
    return f"Real held-out images have a Fréchet distance of {best:.3f}."


def _grades(metrics: pd.DataFrame) -> str:
    """The grade of all seeds, or how many seeds have which."""
    by_seed = metrics.pivot(index="seed", columns="metric", values="value")
    dimensions = by_seed.columns.str.startswith("kl_dimension_").sum()
    grades = [collapse(row["explained_variance"], row["used_dimensions"], dimensions) for _, row in by_seed.iterrows()]
    found = pd.Series(grades).value_counts()
    return found.index[0] if len(found) == 1 else ", ".join(f"{n} {name}" for name, n in found.items())


EXPLAINED = 0.1  # of the pixels' variance: reconstructions that explain no more show no image


def collapse(explained_variance: float, used_dimensions: float, dimensions: int) -> str:
    """How far a posterior has collapsed: "complete", "partial" or "none".

    Complete: the reconstructions explain at most a tenth of the pixels' variance, or no dimension is used. None: they
    explain more, and at least nine in ten of the `dimensions` are used.
    """
    if explained_variance <= EXPLAINED or used_dimensions == 0:
        return "complete"
    return "partial" if used_dimensions < 0.9 * dimensions else "none"
