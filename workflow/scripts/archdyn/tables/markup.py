"""Tables as Markdown and as LaTeX, where names may hold any character: they are the user's."""

import pandas as pd
from pylatexenc.latexencode import UnicodeToLatexEncoder

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
