"""The claims of config/claims/<experiment>.yaml, and which of them a run can test.

Imports no pandas, so that Snakemake, which asks this while it plans, starts fast.
"""

from pathlib import Path

from archdyn.claims.settings import Claims
from archdyn.errors import ArchdynError
from archdyn.settings.check import checked_file
from archdyn.settings.common import by_condition

RELATIONS = ("at_least", "at_most", "near")


def read_claims(path: str | Path) -> list[dict]:
    """The claims of one experiment, as archdyn.claims.settings describes them.

    Raises ArchdynError with one line for an unknown key, a repeated id, or a test without just one relation.
    """
    claims = checked_file(path, Claims).model_dump(exclude_unset=True)["claims"]
    ids = [claim["id"] for claim in claims]
    for name in ids:
        if ids.count(name) > 1:
            raise ArchdynError(f"{path}: the claim {name} stands {ids.count(name)} times; allowed: each id once")
    for claim in claims:
        for test in claim["published"] + claim.get("corrected", []):
            _check_relation(test, f"{path}: a test of {claim['id']}")
    return claims


def untestable(claims: list[dict], block: dict) -> dict[str, str]:
    """By id, why the run with these settings cannot test a claim; claims that it can test are left out.

    block: the experiment's part of the config. Raises ArchdynError for an unknown setting.
    """
    reasons = {claim["id"]: _unmet(claim, block) for claim in claims}
    return {name: "; ".join(unmet) for name, unmet in reasons.items() if unmet}


def _unmet(claim: dict, block: dict) -> list[str]:
    unmet = []
    for key, needed in claim["needs"].items():
        found = _setting(block, key, claim["id"])
        if not _is_enough(found, needed):
            named = isinstance(needed, str | list)
            wanted = " or ".join(needed) if isinstance(needed, list) else needed
            unmet.append(f"{key}: {found} {'not' if named else 'of'} {wanted}")
    return unmet


def _is_enough(found, needed) -> bool:
    if isinstance(needed, str | list):
        return found == needed or (isinstance(needed, list) and found in needed)
    return found is None or found >= needed  # images: null means all of them


def _setting(block: dict, key: str, claim: str):
    node = by_condition(block)
    for part in key.split("."):
        if not isinstance(node, dict) or part not in node:
            raise ArchdynError(f"the claim {claim} needs {key}: there is no such setting or condition")
        node = node[part]
    return node


def _check_relation(test: dict, shown: str) -> None:
    found = [name for name in RELATIONS if name in test]
    if len(found) != 1:
        named = " and ".join(found) or "no relation"
        raise ArchdynError(f"{shown}: found {named}; allowed: one of {', '.join(RELATIONS)}")
    if ("near" in test) != ("within" in test):
        raise ArchdynError(f"{shown}: near and within go together")
    effect = test.get("effect", "difference" if "against" in test else "value")
    if ("against" in test) != (effect != "value"):
        allowed = "a difference or a ratio with against, a value without"
        raise ArchdynError(f"{shown}: found {effect}; allowed: {allowed}")
