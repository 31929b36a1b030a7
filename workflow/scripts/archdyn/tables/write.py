"""A table as CSV, Markdown and LaTeX."""

from pathlib import Path

import pandas as pd

from archdyn.tables.markup import latex_table, markdown_table


def write_table(table: pd.DataFrame, output, caption: str) -> None:
    """Write `output.csv`, `output.md` and `output.tex`; the caption goes above the last two."""
    table.to_csv(output.csv, index=False)
    Path(output.md).write_text(markdown_table(table, caption))
    Path(output.tex).write_text(latex_table(table, caption))
