"""What is open in the published audit, and beside it the runs that others have made: a page that needs nothing else."""

import json
from pathlib import Path

import pandas as pd

from archdyn.metrics.compare import changes
from archdyn.tables.diff import change_row
from archdyn.tables.page import filled

NOT_RUN = "not run"
# Verdicts that leave a claim open, and the column that says what is lacking.
OPEN = {"inconclusive": "would_decide", "not testable here": "note"}
SPREADS = 2.0
KEY = ["experiment", "id"]


def contributed_page(audit: Path, contributed: Path, stale: dict[str, list[str]]) -> str:
    """HTML: what is open, every claim with our verdict and those of contributed runs, and the metrics that differ.

    audit: the folder of the published audit, with claims.csv, and where there is one its verdicts.csv and summary.csv.
    contributed: the folder that `pipeline.contribution.keep` fills, with a folder for each run. stale: by run, what of
    the code has changed since.
    """
    runs = {path.parent.name: path.parent for path in sorted(contributed.glob("*/about.json"))}
    claims = pd.read_csv(audit / "claims.csv", keep_default_na=False)
    return filled(
        "contributed.html",
        names=list(runs),
        about={name: json.loads((folder / "about.json").read_text()) for name, folder in runs.items()},
        stale=stale,
        claims=_claims(claims, audit / "verdicts.csv", list(runs.values())),
        metrics={name: _changed(audit / "summary.csv", folder / "summary.csv") for name, folder in runs.items()},
        spreads=SPREADS,
    )


def _claims(claims: pd.DataFrame, verdicts: Path, runs: list[Path]) -> list[dict]:
    """Each claim with `ours`, `lacking` (what would decide it where it is open), and a list of `theirs`."""
    ours = _by_claim(pd.read_csv(verdicts)) if verdicts.exists() else {}
    theirs = [_verdicts(folder, claims) for folder in runs]
    rows = []
    for claim in claims.to_dict("records"):
        key = (claim["experiment"], claim["id"])
        verdict = ours.get(key, {"verdict": NOT_RUN})
        lacking = claim["needs"] if verdict["verdict"] == NOT_RUN else verdict.get(OPEN.get(verdict["verdict"]), "")
        of_runs = [found.get(key, NOT_RUN) for found in theirs]
        rows.append(claim | {"ours": verdict["verdict"], "lacking": lacking, "theirs": of_runs})
    return rows


def _verdicts(run: Path, claims: pd.DataFrame) -> dict[tuple[str, str], str]:
    """By claim, the verdict of a contributed run, and whether a rule gave it that is another one by now."""
    tests = pd.read_csv(run / "tests.csv", dtype={"rule_hash": str}).rename(columns={"claim": "id"})
    rules = tests.drop_duplicates(KEY).set_index(KEY)["rule_hash"]
    now = claims.set_index(KEY)["rule_hash"]
    verdicts = {key: row["verdict"] for key, row in _by_claim(pd.read_csv(run / "verdicts.csv")).items()}
    return {
        key: verdict if rules.get(key, now.get(key)) == now.get(key) else f"{verdict} (by an older rule)"
        for key, verdict in verdicts.items()
    }


def _by_claim(verdicts: pd.DataFrame) -> dict[tuple[str, str], dict]:
    return {(row["experiment"], row["id"]): row for row in verdicts.to_dict("records")}


def _changed(ours: Path, theirs: Path) -> dict:
    """How many metrics both have, and a row of text for each that differs by more than SPREADS."""
    second = pd.read_csv(theirs)
    if not ours.exists():
        return {"compared": 0, "only_theirs": len(second), "rows": []}
    first = pd.read_csv(ours)
    both = len(first.merge(second, on=["experiment", "condition", "metric"]))
    found = changes(first, second, SPREADS).dropna(subset=["mean_a", "mean_b"])
    rows = [change_row(change) for change in found.to_dict("records")]
    return {"compared": both, "only_theirs": len(second) - both, "rows": rows}
