"""What the audit of a run covers, and every claim that there is."""

import json
from pathlib import Path

import pandas as pd

from archdyn.claims.read import read_claims
from archdyn.claims.seal import rule_hash, rule_text
from archdyn.errors import ArchdynError
from archdyn.pipeline.origin import REPOSITORY

TABLES = {"all": "metrics", "summary": "metrics", "verdicts": "tables", "tests": "tables"}


def audited(run: Path) -> dict[str, str]:
    """The experiments that the audit of `run` (results/<run>) covers, with the titles of their sections.

    Raises ArchdynError where it has no audit.
    """
    content = run / "report/content.json"
    if not content.is_file():
        raise ArchdynError(f"{content}: is missing; allowed: a run whose audit was made")
    return {part["experiment"]: part["title"] for part in json.loads(content.read_text())["sections"]}


def write_tables(run: Path, names: list[str], folder: Path) -> None:
    """Each of TABLES that `names` lists, of all audited experiments together, as folder/NAME.csv."""
    for name in names:
        files = [run / experiment / TABLES[name] / f"{name}.csv" for experiment in audited(run)]
        missing = [file for file in files if not file.is_file()]
        if missing:
            raise ArchdynError(f"{missing[0]}: is missing; allowed: a run whose audit was made")
        pd.concat(map(pd.read_csv, files), ignore_index=True).to_csv(folder / f"{name}.csv", index=False)


def every_claim() -> pd.DataFrame:
    """A row per claim of config/claims: experiment, id, where, claim, needs (in words), rule_hash."""
    return pd.DataFrame(
        [
            {
                "experiment": file.stem,
                "id": claim["id"],
                "where": claim["where"],
                "claim": claim["claim"],
                "needs": "; ".join(f"{key}: {_words(needed)}" for key, needed in claim["needs"].items()),
                "rule_hash": rule_hash(rule_text(claim)),
            }
            for file in sorted((REPOSITORY / "config/claims").glob("*.yaml"))
            for claim in read_claims(file)
        ]
    )


def _words(needed) -> str:
    return " or ".join(needed) if isinstance(needed, list) else str(needed)
