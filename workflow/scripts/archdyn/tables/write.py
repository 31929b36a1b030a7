"""Read published rows, and write a table as CSV, Markdown and LaTeX."""

import math
from pathlib import Path

import pandas as pd
import yaml

from archdyn.tables.markup import latex_table, markdown_table


def read_published(path: Path, name: str) -> pd.DataFrame:
    """One published table of config/published/<experiment>.yaml."""
    table = yaml.safe_load(Path(path).read_text())[name]
    return pd.DataFrame(table["rows"], columns=table["columns"])


def read_all_published(path: Path) -> dict[str, pd.DataFrame]:
    """Every published table of config/published/<experiment>.yaml, by name."""
    return {name: read_published(path, name) for name in yaml.safe_load(Path(path).read_text())}


def published_rows(table: pd.DataFrame) -> dict[str, dict]:
    """The rows by name: the shortest start of a row, its cells joined by a comma and a space, that no other row has."""
    starts = [[", ".join(map(str, row[:n])) for n in range(1, len(row) + 1)] for row in table.itertuples(index=False)]
    every = [start for row in starts for start in row]
    names = [next((start for start in row if every.count(start) == 1), None) for row in starts]
    return {name: row for name, row in zip(names, table.to_dict("records"), strict=True) if name}


def read_caption(path: Path) -> str:
    """The text of a caption file on one line."""
    return " ".join(Path(path).read_text().split())


def write_table(table: pd.DataFrame, output, caption: str) -> None:
    """Write `output.csv`, `output.md` and `output.tex`; the caption goes above the last two."""
    table.to_csv(output.csv, index=False)
    Path(output.md).write_text(markdown_table(table, caption))
    Path(output.tex).write_text(latex_table(table, caption))


def mean_sd(values: pd.Series, digits: int) -> str:
    """`mean ± sd` over the values; without the sd when there is only one."""
    return format_mean_sd(values.mean(), values.std(), digits)


def format_mean_sd(mean: float, sd: float, digits: int) -> str:
    """`mean ± sd`, or `mean` where sd is NaN."""
    return f"{mean:.{digits}f}" if pd.isna(sd) else f"{mean:.{digits}f} ± {sd:.{digits}f}"


def significant(mean: float, sd: float = math.nan, digits: int = 3) -> str:
    """`mean ± sd`, or `mean` where sd is NaN, to `digits` significant digits of the mean; under 0.001 as 1.20e-05."""
    if 0 < abs(mean) < 1e-3:
        return f"{mean:.{digits - 1}e}" if math.isnan(sd) else f"{mean:.{digits - 1}e} ± {sd:.{digits - 1}e}"
    magnitude = math.floor(math.log10(abs(mean))) if mean else 0
    return format_mean_sd(mean, sd, max(0, digits - 1 - magnitude))
