"""The tables that the report prints, as config/published/<experiment>.yaml holds them."""

import json
from pathlib import Path

import pandas as pd
import yaml


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


def read_json(path: str | Path):
    """What a JSON file holds."""
    return json.loads(Path(path).read_text(encoding="utf-8"))
