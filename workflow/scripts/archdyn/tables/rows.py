"""Rows that the tables of several experiments share. `columns` gives for each heading its metric and digits."""

import pandas as pd

from archdyn.numbers.format import format_mean_sd, mean_sd


def epoch_table(
    published: pd.DataFrame, ours: dict[str, pd.DataFrame], columns: dict[str, tuple[str, int]]
) -> pd.DataFrame:
    """The report's rows, each followed by ours of the same epoch as mean ± sd over the seeds.

    `ours` gives for each source the epochs of all seeds. The first source follows the report's protocol, and shows in
    brackets by how much it is above the report. Where this run did not reach an epoch, the report's row stands alone.
    Where that is another epoch than it says, a column `printed` of `published` has the right one.
    """
    reproduction = next(iter(ours))
    rows = []
    for row in published.to_dict("records"):
        values = {name: f"{row[name]:.{digits}f}" for name, (_, digits) in columns.items()}
        rows.append({"epoch": int(row["epoch"]), "source": "report", **values, "n": 1})
        epoch = int(row.get("printed", row["epoch"]))
        for source, runs in ours.items():
            of_epoch = runs[runs["epoch"] == epoch]
            if len(of_epoch):
                values = _epoch_values(of_epoch, columns, row if source == reproduction else None)
                rows.append({"epoch": epoch, "source": source, **values})
    return pd.DataFrame(rows)


def conditions_table(summary: pd.DataFrame, conditions: list[str], columns: dict[str, tuple[str, int]]) -> pd.DataFrame:
    """A row per condition with mean ± sd over seeds; `summary` has condition, metric, mean, sd, n."""
    cells = summary.set_index(["condition", "metric"])
    rows = []
    for condition in conditions:
        found = cells.loc[condition]
        values = {
            heading: format_mean_sd(found.at[metric, "mean"], found.at[metric, "sd"], digits)
            if metric in found.index
            else "–"
            for heading, (metric, digits) in columns.items()
        }
        rows.append({"condition": condition, **values, "n": int(found["n"].max())})
    return pd.DataFrame(rows)


def above(mean: float, report: float, digits: int) -> str:
    """In brackets, by how much our mean is above the report's value."""
    return f" ({mean - report:+z.{digits}f})"  # z: no minus on a zero


def _epoch_values(runs: pd.DataFrame, columns: dict[str, tuple[str, int]], report: dict | None) -> dict:
    values = {name: mean_sd(runs[metric], digits) for name, (metric, digits) in columns.items()}
    if report:
        for name, (metric, digits) in columns.items():
            values[name] += above(runs[metric].mean(), report[name], digits)
    return values | {"n": len(runs)}
