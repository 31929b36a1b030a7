"""Rows that the tables of several experiments share. `columns` gives for each heading its metric and digits."""

from pathlib import Path

import pandas as pd
from pylatexenc.latexencode import UnicodeToLatexEncoder

from archdyn.render.words import format_mean_sd, mean_sd


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


def means_by_condition(summary: str | Path) -> pd.Series:
    """The means that a summary.csv has, by condition and metric."""
    return pd.read_csv(summary).set_index(["condition", "metric"])["mean"]


def above(mean: float, report: float, digits: int) -> str:
    """In brackets, by how much our mean is above the report's value."""
    return f" ({mean - report:+z.{digits}f})"  # z: no minus on a zero


def _epoch_values(runs: pd.DataFrame, columns: dict[str, tuple[str, int]], report: dict | None) -> dict:
    values = {name: mean_sd(runs[metric], digits) for name, (metric, digits) in columns.items()}
    if report:
        for name, (metric, digits) in columns.items():
            values[name] += above(runs[metric].mean(), report[name], digits)
    return values | {"n": len(runs)}


def write_table(table: pd.DataFrame, output, caption: str) -> None:
    """Write `output.csv`, `output.md` and `output.tex`; the caption goes above the last two."""
    table.to_csv(output.csv, index=False)
    Path(output.md).write_text(markdown_table(table, caption), encoding="utf-8")
    Path(output.tex).write_text(latex_table(table, caption), encoding="utf-8")


# A character without a LaTeX name becomes its code point: pdflatex would stop at it.
ENCODER = UnicodeToLatexEncoder(unknown_char_policy="unihex", unknown_char_warning=False)
IN_MARKDOWN = str.maketrans({"|": "\\|", "<": "&lt;", "\\": "\\\\"})


def markdown_table(table: pd.DataFrame, caption: str) -> str:
    """The caption, an empty line, and the table."""
    text = _with_text(table, markdown_text).to_markdown(index=False, disable_numparse=True)
    return f"{markdown_text(caption)}\n\n{text}\n"


def latex_table(table: pd.DataFrame, caption: str) -> str:
    """A floating table that needs booktabs, with the caption above it."""
    text = _with_text(table, latex_text)
    return text.to_latex(index=False, escape=False, caption=latex_text(caption), position="htbp")


def markdown_text(text: str) -> str:
    """Text as GitHub shows it, in a table's cell too: no bar ends the cell, nothing is taken for HTML."""
    return text.translate(IN_MARKDOWN)


def latex_text(text: str) -> str:
    """Text with LaTeX's own characters escaped and all others by their LaTeX names."""
    return ENCODER.unicode_to_latex(text)


def _with_text(table: pd.DataFrame, encode) -> pd.DataFrame:
    cells = table.map(lambda cell: encode(cell) if isinstance(cell, str) else cell)
    return cells.rename(columns=encode)
