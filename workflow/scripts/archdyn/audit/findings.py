"""What a run found, in a few sentences: the beginning of the README."""

import numpy as np
import pandas as pd

from archdyn.claims.decide import CORRECTED_ONLY, FAILS, HOLDS, INCONCLUSIVE, PUBLISHED_ONLY, UNTESTABLE
from archdyn.render.words import significant

SURPRISES = 3
COUNTED = {  # of one, of several
    HOLDS: ("holds", "hold"),
    PUBLISHED_ONLY: ("holds only as published", "hold only as published"),
    CORRECTED_ONLY: ("holds only when corrected", "hold only when corrected"),
    FAILS: ("does not hold", "do not hold"),
    INCONCLUSIVE: ("is undecided", "are undecided"),
    UNTESTABLE: ("could not be tested at this scale",) * 2,
}
AGAINST = (PUBLISHED_ONLY, CORRECTED_ONLY, FAILS)  # what contradicts the report, or its evidence
WANTED = {"at_least": "at least ", "at_most": "at most ", "near": ""}


def findings_text(verdicts: pd.DataFrame, tests: pd.DataFrame, sections: list[str], claims: int) -> str:
    """Markdown: how many claims got which verdict, and the most surprising findings, each with number and interval.

    verdicts, tests: the tables of the audited `sections` of a run; claims: how many there are in all. A finding
    surprises where a claim's evidence turned out otherwise; more so, the further a test's interval lies from what the
    claim needs, in widths of the interval. Claims of a mechanism come before those of a value, and each figure or table
    of the report is named once.
    """
    return "\n".join([_counts(verdicts["verdict"], sections, claims), "", *_surprises(verdicts, tests)])


def _counts(found: pd.Series, sections: list[str], claims: int) -> str:
    counts = [(n, words) for verdict, words in COUNTED.items() if (n := int((found == verdict).sum()))]
    parts = [f"**{n}** {words[n > 1]}" for n, words in counts]
    judged = f"the audit judges the **{len(found)}** of {listed(sections)}"
    return f"Of {claims} claims, the report's and a few that it leaves out, {judged}: {listed(parts)}."


def listed(parts: list[str]) -> str:
    """a, b and c."""
    return ", ".join(parts[:-1]) + f" and {parts[-1]}" if len(parts) > 1 else parts[0]


def _surprises(verdicts: pd.DataFrame, tests: pd.DataFrame) -> list[str]:
    against = verdicts[verdicts["verdict"].isin(AGAINST)]
    missed = tests[tests["decision"] == "fails"].assign(distance=_distance)
    furthest = missed.sort_values("distance", ascending=False).drop_duplicates(["experiment", "claim"])
    found = against.merge(furthest, left_on=["experiment", "id"], right_on=["experiment", "claim"], suffixes=("", "_"))
    ranked = found.assign(value=found["kind"] == "value").sort_values(["value", "distance"], ascending=[True, False])
    named = ranked.drop_duplicates(["experiment", "where"]).head(SURPRISES)
    return [f"- {_sentence(row)}" for row in named.to_dict("records")]


def _distance(tests: pd.DataFrame) -> pd.Series:
    """How far an interval lies from the effects under which its test holds, in widths of the interval."""
    margin = tests["margin"].fillna(0)
    low = np.where(tests["relation"] == "at_most", -np.inf, tests["bound"] - margin)
    high = np.where(tests["relation"] == "at_least", np.inf, tests["bound"] + margin)
    beyond = np.maximum(low - tests["high"], tests["low"] - high)
    width = tests["high"] - tests["low"]
    return beyond / width.where(width > 0, margin)  # nothing was sampled: in margins


def _sentence(row: dict) -> str:
    unit = f" {row['unit']}" if isinstance(row["unit"], str) and row["unit"] else ""
    wanted = f"{WANTED[row['relation']]}{row['bound']:.4g}"
    if row["relation"] == "near":
        wanted += f" ± {row['margin']:.4g}"
    protocol = "the report's own protocol" if row["protocol"] == "published" else "the corrected protocol"
    ends = f"{significant(row['low'])} to {significant(row['high'])}" if row["low"] < row["high"] else "nothing sampled"
    interval = f"{significant(row['effect'])}{unit} ({ends})"
    return (
        f"*{row['claim'].rstrip('.')}* ({row['where']}): **{row['verdict']}**. "
        f"Under {protocol}, {row['what']}: {interval}. The claim needs {wanted}."
    )
