"""The page over all that is published: the findings, where each section's audit is, and every claim."""

from pathlib import Path
from typing import get_args

import pandas as pd
from markdown_it import MarkdownIt
from markupsafe import Markup

from archdyn.audit.findings import findings_text
from archdyn.claims.decide import VERDICTS, family_level
from archdyn.config import Experiment
from archdyn.workflow.page import filled

KEY = ["experiment", "id"]


def front_page(audit: Path, published: dict[str, dict], stale: dict[str, list[str]]) -> str:
    """HTML of the page.

    audit: the folder of all that is published, with claims.csv, and where anything is its verdicts.csv and tests.csv.
    published: by the name of each audit's folder, its `sections`, titles by experiment. stale: by the same name, what
    of the code has changed since.
    """
    claims = pd.read_csv(audit / "claims.csv", keep_default_na=False)
    claims = claims.iloc[claims["experiment"].map(get_args(Experiment).index).argsort(kind="stable")]
    if not published:
        return filled(
            "front.html", findings="", verdicts=VERDICTS, parts=[], others=[], claims=claims.to_dict("records")
        )
    verdicts, tests = (pd.read_csv(audit / f"{name}.csv") for name in ("verdicts", "tests"))
    parts = [_part(name, short["sections"], verdicts, stale[name]) for name, short in published.items()]
    found = claims.merge(verdicts[[*KEY, "verdict", "measured"]], how="left", on=KEY).fillna("")
    folders = {experiment: part["folder"] for part in parts for experiment in part["experiments"]}
    return filled(
        "front.html",
        findings=Markup(MarkdownIt("commonmark").render(findings(verdicts, tests, len(claims), published))),
        verdicts=VERDICTS,
        parts=parts,
        others=sorted(set(_otherwise_as_one_family(tests))),
        claims=[row | {"folder": folders.get(row["experiment"])} for row in found.to_dict("records")],
    )


def _otherwise_as_one_family(tests: pd.DataFrame) -> pd.Series:
    """The claims of tests that would be decided, or left open, were the tests of all sections one family."""
    known = tests.dropna(subset=["p"])
    level = family_level(known["p"].tolist())
    return known["claim"][(known["p"] <= 1 - known["level"]) != (known["p"] <= 1 - level)]


def findings(verdicts: pd.DataFrame, tests: pd.DataFrame, claims: int, published: dict[str, dict]) -> str:
    """Markdown: what the tables of all that is published found, of so many claims."""
    sections = [section for short in published.values() for section in section_numbers(short)]
    return findings_text(verdicts, tests, sections, claims)


def section_numbers(short: dict) -> list[str]:
    """Section 4, Section 5: of one of `published`."""
    return [title.split(":")[0] for title in short["sections"].values()]


def _part(folder: str, sections: dict[str, str], verdicts: pd.DataFrame, stale: list[str]) -> dict:
    ours = verdicts[verdicts["experiment"].isin(sections)]
    return {
        "folder": folder,
        "experiments": list(sections),
        "title": "; ".join(sections.values()),
        "counts": ours["verdict"].value_counts().to_dict(),
        "stale": stale,
    }
