"""What is open in the published audit, and beside it the runs that others have made: a page that needs nothing else."""

import json
from pathlib import Path

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from archdyn.metrics.compare import changes
from archdyn.tables.diff import change_row

TEMPLATE = Path(__file__).parents[3] / "report/contributed.html"
OPEN = {
    "inconclusive": "would_decide",
    "not testable here": "note",
}  # verdicts, and the column that says what is lacking
SPREADS = 2.0
KEY = ["experiment", "id"]


def contributed_page(audit: Path, contributed: Path) -> str:
    """HTML: every claim with our verdict and that of each contributed run, what is open, and the metrics that differ.

    audit: the folder of the published audit, with verdicts.csv and summary.csv; without them, nothing of ours is known.
    contributed: the folder that `pipeline.contribution.keep` fills, with a folder for each run.
    """
    runs = {path.parent.name: path.parent for path in sorted(contributed.glob("*/about.json"))}
    ours = _table(audit, "verdicts")
    verdicts = _verdicts(ours, {name: _table(folder, "verdicts") for name, folder in runs.items()})
    environment = Environment(
        loader=FileSystemLoader(TEMPLATE.parent), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    return environment.get_template(TEMPLATE.name).render(
        names=list(runs),
        about={name: json.loads((folder / "about.json").read_text()) for name, folder in runs.items()},
        verdicts=verdicts.to_dict("records"),
        metrics={name: _changed(_table(audit, "summary"), _table(folder, "summary")) for name, folder in runs.items()},
        spreads=SPREADS,
    )


def _table(folder: Path, name: str) -> pd.DataFrame:
    columns = {"summary": ["experiment", "condition", "metric", "mean", "sd", "n"]}
    verdict = [*KEY, "where", "claim", "verdict", *OPEN.values()]
    path = folder / f"{name}.csv"
    return pd.read_csv(path) if path.exists() else pd.DataFrame(columns=columns.get(name, verdict))


def _verdicts(ours: pd.DataFrame, theirs: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """A row per claim of any run: its words, `ours`, what is `lacking` where that is open, and a list of `theirs`."""
    every = pd.concat([ours, *theirs.values()]).drop_duplicates(KEY).set_index(KEY)
    by_run = [table.set_index(KEY)["verdict"] for table in (ours, *theirs.values())]
    found = pd.DataFrame({"where": every["where"], "claim": every["claim"]})
    found["ours"] = by_run[0].reindex(every.index).fillna("not run")
    found["lacking"] = [row[OPEN[row["verdict"]]] if row["verdict"] in OPEN else "" for _, row in every.iterrows()]
    of_others = pd.DataFrame(
        {name: of_run.reindex(every.index) for name, of_run in zip(theirs, by_run[1:], strict=True)}
    )
    found["theirs"] = of_others.fillna("not run").to_numpy().tolist() if theirs else [[]] * len(found)
    return found.reset_index()


def _changed(ours: pd.DataFrame, theirs: pd.DataFrame) -> dict:
    """How many metrics both have, and a row of text for each that differs by more than SPREADS."""
    both = ours.merge(theirs, on=["experiment", "condition", "metric"])
    found = changes(ours, theirs, SPREADS).dropna(subset=["mean_a", "mean_b"])
    return {
        "compared": len(both),
        "only_theirs": len(theirs) - len(both),
        "rows": list(map(change_row, found.to_dict("records"))),
    }
