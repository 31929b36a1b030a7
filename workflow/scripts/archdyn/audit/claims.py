"""The claims of a run as the audit shows them: a line each, and what stands behind its fold."""

from pathlib import Path

import numpy as np
import pandas as pd

from archdyn.claims.decide import DECIDED, VERDICTS
from archdyn.render.words import significant

NONE = "–"
KINDS = {  # whose, kind: what the audit counts together
    ("report", "mechanism"): "mechanisms that the report claims",
    ("report", "value"): "tables and numbers that it prints",
    ("ours", "mechanism"): "claims of ours",
    ("ours", "value"): "claims of ours",
}
WIDTH, EDGE = 320, 6  # of a line of dots and of its ends, in its own units


def read_claims(verdicts: Path, tests: Path) -> list[dict]:
    """A dict per claim with the columns of verdicts.csv and `tests`, a list of dicts with those of tests.csv, or None.

    verdicts, tests: the tables that the rule claims_verdicts writes.
    """
    rows = pd.read_csv(tests, dtype={"values": str}).replace([np.inf, -np.inf], np.nan).astype(object)
    of_claim = dict(list(rows.where(rows.notna(), None).groupby(["experiment", "claim"], sort=False)))
    claims = pd.read_csv(verdicts, dtype=str, keep_default_na=False).to_dict("records")
    for claim in claims:
        own = of_claim.get((claim["experiment"], claim["id"]))
        claim["tests"] = [] if own is None else own.to_dict("records")
    return claims


def counts(claims: list[dict]) -> list[dict]:
    """How many claims of each kind there are (`n`), and how many have each verdict; kinds without any are left out."""
    found: dict[str, list[str]] = {name: [] for name in KINDS.values()}
    for claim in claims:
        found[KINDS[claim["whose"], claim["kind"]]].append(claim["verdict"])
    return [
        {
            "name": name,
            "n": len(own),
            "verdicts": {verdict: own.count(verdict) for verdict in VERDICTS if verdict in own},
        }
        for name, own in found.items()
        if own
    ]


def decided(claims: list[dict]) -> list[dict]:
    """The claims that this run decides, without their tests."""
    return [{**claim, "tests": []} for claim in claims if claim["verdict"] in DECIDED]


def amended(claims: list[dict]) -> int:
    """How many rules were written or amended after numbers had been seen."""
    return sum("after" in claim["amended"] for claim in claims)


def effect(test: dict) -> str:
    """The effect of a test with its interval, or in how many trainings it happened."""
    if test["k"] is not None:
        return f"{test['k']:.0f} of {test['n_seeds']:.0f}"
    if test["effect"] is None:
        return "not reached"
    unit = f" {test['unit']}" if test["unit"] else ""
    low, high = test["low"], test["high"]
    if low is None or high is None or low == high:
        return f"{significant(test['effect'])}{unit}"
    return f"{significant(test['effect'])} [{significant(low)}, {significant(high)}]{unit}"


def strip(test: dict) -> dict | None:
    """Where the seeds' values, the effect with its interval and the bound lie on a line of WIDTH; None without values.

    `dots` and `bound` are places; `interval` is begin, middle, end, and None where it is of a share of trainings. `low`
    and `high` say which values the ends of the line stand for, `dashed` what the bound is: of printed numbers, the
    report's own run.
    """
    dots = [float(value) for value in (test["values"] or "").split()]
    if not dots:
        return None
    printed = test["relation"] == "as printed"
    bound = test["effect" if printed else "bound"]
    bounds = [] if bound is None else [bound]
    interval = [value for value in (test["low"], test["effect"], test["high"]) if value is not None]
    interval = interval if test["k"] is None and len(interval) == 3 else []
    every = np.array([*dots, *interval, *bounds])
    logarithmic = every.min() > 0 and every.max() > 20 * every.min()
    scale = np.log if logarithmic else np.asarray
    low, high = scale(every.min()), scale(every.max())

    def places(values: list[float]) -> list[float]:
        shares = (scale(np.array(values)) - low) / ((high - low) or 1.0)
        return [round(EDGE + (WIDTH - 2 * EDGE) * share, 1) for share in shares.tolist()]

    return {
        "dots": places(dots),
        "interval": places(interval) if interval else None,
        "bound": places(bounds)[0] if bounds else None,
        "dashed": "the report's run" if printed else "the bound",
        "low": significant(every.min()),
        "high": significant(every.max()),
        "logarithmic": bool(logarithmic),
    }
