"""The claims of config/claims/<experiment>.yaml, and which of them a run can test.

Imports no pandas, so that Snakemake, which asks this while it plans, starts fast.
"""

import re
from pathlib import Path

from archdyn.claims.settings import OF_DESIGN, Claims
from archdyn.errors import ArchdynError
from archdyn.settings.check import checked_file
from archdyn.settings.common import by_condition

PROTOCOLS = ("published", "corrected")
RELATIONS = ("at_least", "at_most")
DESIGN = re.compile(OF_DESIGN)
OF_ONE = ("each training", "permutations")  # a test over these is of one number of a training


def read_claims(path: str | Path) -> list[dict]:
    """Of one experiment. Raises ArchdynError for an unknown key, a repeated id, or a test that lacks a part."""
    claims = checked_file(path, Claims).model_dump(exclude_unset=True)["claims"]
    ids = [claim["id"] for claim in claims]
    for name in ids:
        if ids.count(name) > 1:
            raise ArchdynError(f"{path}: the claim {name} stands {ids.count(name)} times; allowed: each id once")
    for claim in claims:
        if ("tests" in claim) == ("printed" in claim):
            raise ArchdynError(f"{path}: {claim['id']}: allowed: either tests or printed")
        for test in claim.get("tests", []):
            _check(test, f"{path}: a test of {claim['id']}")
    return claims


def quantities(claim: dict) -> list[str]:
    """What a claim measures, under either protocol."""
    of_tests = [test[protocol] for test in claim.get("tests", []) for protocol in PROTOCOLS if protocol in test]
    return of_tests + list(claim.get("printed", {}).get("columns", {}).values())


def designs(claim: dict) -> list[str]:
    """The designs whose effects decide a claim."""
    found = (DESIGN.fullmatch(quantity) for quantity in quantities(claim))
    return list(dict.fromkeys(match["design"] for match in found if match))


def untestable(claims: list[dict], block: dict) -> dict[str, str]:
    """By id, why the run with these settings cannot test a claim; claims that it can test are left out.

    block: the experiment's part of the config. Raises ArchdynError for an unknown setting or design.
    """
    kinds = (_unmet, _untrained, _unaudited)
    reasons = {claim["id"]: [reason for kind in kinds for reason in kind(claim, block)] for claim in claims}
    return {name: "; ".join(unmet) for name, unmet in reasons.items() if unmet}


def _unmet(claim: dict, block: dict) -> list[str]:
    unmet = []
    for key, needed in claim["needs"].items():
        found = _setting(block, key, claim["id"])
        if isinstance(needed, str | list):
            allowed = [needed] if isinstance(needed, str) else needed
            unmet += [f"{key}: {found} not {' or '.join(allowed)}"] if found not in allowed else []
        elif found is not None and found < needed:  # images: null means all of them
            unmet.append(f"{key}: {found} of {needed}")
    return unmet


def _untrained(claim: dict, block: dict) -> list[str]:
    measured = re.findall(r"(\w+)\.\w", " ".join(quantities(claim)))
    untrained = [name for name, own in block.get("conditions", {}).items() if own.get("seeds") == []]
    return [f"{name} is not trained in this run" for name in untrained if name in measured]


def _unaudited(claim: dict, block: dict) -> list[str]:
    known = block.get("designs", {})
    for name in designs(claim):
        if name not in known:
            raise ArchdynError(f"the claim {claim['id']} rests on the design {name}: there is no such design")
    return [f"the design {name} is not in the audit of this run" for name in designs(claim) if not known[name]["audit"]]


def _setting(block: dict, key: str, claim: str):
    node = by_condition(block)
    for part in key.split("."):
        if not isinstance(node, dict) or part not in node:
            raise ArchdynError(f"the claim {claim} needs {key}: there is no such setting or condition")
        node = node[part]
    return node


def _check(test: dict, shown: str) -> None:
    for names in (RELATIONS, PROTOCOLS):
        if not any(name in test for name in names):
            raise ArchdynError(f"{shown}: found neither {' nor '.join(names)}; allowed: either or both")
    for quantity in (test[name] for name in PROTOCOLS if name in test):
        compares, ratio = " " in quantity, " / " in quantity
        if (ratio and test["over"] not in ("seeds", "nothing")) or (compares and test["over"] in OF_ONE):
            raise ArchdynError(f"{shown}: found {quantity} over {test['over']}; allowed: one number, or a difference")
