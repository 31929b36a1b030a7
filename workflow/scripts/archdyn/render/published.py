"""The tables that the report or its notebooks print, as config/published/<experiment>.yaml holds them."""

import json
from pathlib import Path

import pandas as pd
import yaml


def read_published(path: Path, name: str) -> pd.DataFrame:
    """One published table of config/published/<experiment>.yaml."""
    return _frame(_tables(path)[name])


def read_all_published(path: Path) -> dict[str, pd.DataFrame]:
    """Every published table of config/published/<experiment>.yaml, by name."""
    return {name: _frame(table) for name, table in _tables(path).items()}


def notebook_only(path: Path) -> dict[str, set]:
    """By the name of each table, the first cells of the rows that a notebook has and the report leaves out."""
    return {
        name: {row[0] for row in table["rows"]} - set(table.get("in_report", []))
        if table["printed"] == "notebook"
        else set()
        for name, table in _tables(path).items()
    }


def read_printed(path: Path) -> dict[str, pd.DataFrame]:
    """As `read_all_published`, with every cell as the file writes it: text, with all digits that the report prints."""
    tables = yaml.load(Path(path).read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
    return {name: pd.DataFrame(table["rows"], columns=table["columns"]) for name, table in tables.items()}


def published_rows(table: pd.DataFrame) -> dict[str, dict]:
    """The rows by name: the shortest start of a row, its cells joined by a comma and a space, that no other row has."""
    starts = [[", ".join(map(str, row[:n])) for n in range(1, len(row) + 1)] for row in table.itertuples(index=False)]
    every = [start for row in starts for start in row]
    names = [next((start for start in row if every.count(start) == 1), None) for row in starts]
    return {name: row for name, row in zip(names, table.to_dict("records"), strict=True) if name}


def read_json(path: str | Path):
    """What a JSON file holds."""
    return json.loads(Path(path).read_text(encoding="utf-8"))


def _tables(path: Path) -> dict[str, dict]:
    return yaml.safe_load(Path(path).read_text(encoding="utf-8"))


def _frame(table: dict) -> pd.DataFrame:
    return pd.DataFrame(table["rows"], columns=table["columns"])
