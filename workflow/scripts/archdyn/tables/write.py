"""A table as CSV, Markdown and LaTeX."""

from pathlib import Path

import pandas as pd


def write_table(table: pd.DataFrame, output, caption: str) -> None:
    """Write `output.csv`, `output.md` and `output.tex`; the caption goes above the last two."""
    table.to_csv(output.csv, index=False)
    Path(output.md).write_text(f"{caption}\n\n{table.to_markdown(index=False, disable_numparse=True)}\n")
    latex = table.to_latex(index=False, escape=True, caption=caption, position="htbp")
    Path(output.tex).write_text(latex.replace("±", r"$\pm$").replace("·", r"$\cdot$"))
