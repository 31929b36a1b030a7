"""Rows that the tables of several experiments share. `columns` gives for each heading its metric and digits."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd
from pylatexenc.latexencode import UnicodeToLatexEncoder

from archdyn.render.words import format_mean_sd, mean_sd


def epoch_table(
    reports: dict[str, pd.DataFrame], ours: dict[str, pd.DataFrame], columns: dict[str, tuple[str, int]]
) -> pd.DataFrame:
    """By epoch, the rows of the report's runs, each in its file's columns, then ours as mean ± sd over the seeds.

    reports, ours: by source, the epochs of a run, and of all seeds. The first of ours follows the report's protocol,
    and shows in brackets by how much it is above the first of the report's runs that has the epoch. Where this run did
    not reach an epoch, the report's row stands alone. Where that is another epoch than it says, a column `printed` of
    the report's has the right one.
    """
    rows = []
    for epoch in sorted({number for report in reports.values() for number in report["epoch"]}):
        printed = {
            source: row
            for source, report in reports.items()
            for row in report[report["epoch"] == epoch].to_dict("records")
        }
        for source, row in printed.items():
            values = {name: f"{row[name]:.{digits}f}" for name, (_, digits) in columns.items()}
            rows.append({"epoch": int(epoch), "source": source, **values, "n": 1})
        report = next(iter(printed.values()))
        reached = int(report.get("printed", epoch))
        for place, (source, runs) in enumerate(ours.items()):
            of_epoch = runs[runs["epoch"] == reached]
            if len(of_epoch):
                values = our_values(of_epoch, columns, None if place else report)
                rows.append({"epoch": reached, "source": source, **values, "n": len(of_epoch)})
    return pd.DataFrame(rows)


def our_values(runs: pd.DataFrame, columns: dict[str, tuple[str, int]], report: Mapping | None) -> dict[str, str]:
    """By heading, mean ± sd over the runs, and in brackets the difference from the report's row where there is one."""
    values = {name: mean_sd(runs[metric], digits) for name, (metric, digits) in columns.items()}
    if report is not None:
        for name, (metric, digits) in columns.items():
            values[name] += above(runs[metric].mean(), report[name], digits)
    return values


def conditions_table(summary: pd.DataFrame, names: dict[str, str], columns: dict[str, tuple[str, int]]) -> pd.DataFrame:
    """A row per condition, under what `names` calls it, with mean ± sd over seeds and the greatest n.

    summary: condition, metric, mean, sd, n. A dash stands for what a condition lacks.
    """
    cells = summary.set_index(["condition", "metric"])
    rows = []
    for condition, name in names.items():
        found = cells.loc[condition]
        values = {
            heading: format_mean_sd(found.at[metric, "mean"], found.at[metric, "sd"], digits)
            if metric in found.index
            else "–"
            for heading, (metric, digits) in columns.items()
        }
        rows.append({"condition": name, **values, "n": int(found["n"].max())})
    return pd.DataFrame(rows)


def means_by_condition(summary: str | Path) -> pd.Series:
    """The means that a summary.csv has, by condition and metric."""
    return pd.read_csv(summary).set_index(["condition", "metric"])["mean"]


def above(mean: float, report: float, digits: int) -> str:
    """In brackets, by how much our mean is above the report's value."""
    return f" ({mean - report:+z.{digits}f})"  # z: no minus on a zero


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
