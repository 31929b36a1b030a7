"""What the audit of a run covers, by which code it was made, and every claim that there is."""

import json
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from archdyn.claims.read import read_claims
from archdyn.claims.seal import rule_hash, rule_text
from archdyn.errors import ArchdynError
from archdyn.workflow.origin import REPOSITORY
from archdyn.workflow.record import Record, absolute

CODE = "code.json"  # where the code behind an audit is kept beside it
TABLES = {"all": "metrics", "summary": "metrics", "verdicts": "tables", "tests": "tables"}


def audited(run: Path) -> dict[str, str]:
    """The experiments that the audit of `run` (results/<run>) covers, with the titles of their sections.

    Raises ArchdynError where it has no audit.
    """
    content = run / "audit/content.json"
    if not content.is_file():
        raise ArchdynError(f"{content}: is missing; allowed: a run whose audit was made")
    return {part["experiment"]: part["title"] for part in json.loads(content.read_text())["sections"]}


def write_tables(run: Path, experiments: Iterable[str], names: Iterable[str], folder: Path) -> None:
    """Each of TABLES that `names` lists, of these experiments together, as folder/NAME.csv."""
    for name in names:
        files = [run / experiment / TABLES[name] / f"{name}.csv" for experiment in experiments]
        missing = [file for file in files if not file.is_file()]
        if missing:
            raise ArchdynError(f"{missing[0]}: is missing; allowed: a run whose audit was made")
        pd.concat(map(pd.read_csv, files), ignore_index=True).to_csv(folder / f"{name}.csv", index=False)


def within(records: list[Record], folders: list[Path]) -> list[Record]:
    """Those that stand in one of these folders."""
    places = [absolute(folder) for folder in folders]
    return [record for record in records if any(record.path.is_relative_to(place) for place in places)]


def write_code(records: list[dict], folder: Path) -> None:
    """The modules behind each script that made these records, once, as folder/CODE."""
    facts = [{name: each[name] for name in ("rule", "script", "modules")} for each in records]
    once = [json.loads(text) for text in sorted({json.dumps(each, sort_keys=True) for each in facts})]
    (folder / CODE).write_text(json.dumps(once, indent=1) + "\n")


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
