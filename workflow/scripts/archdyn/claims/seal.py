"""The text and the hash of a rule, by which a result says what judged it."""

import hashlib

import yaml

LENGTH = 12  # of a hash, in hexadecimal digits


def rule_text(claim: dict) -> str:
    """All of a claim but its name and its place in the report, as YAML in one fixed form."""
    content = {key: value for key, value in claim.items() if key not in ("id", "where")}
    return yaml.safe_dump(content, allow_unicode=True, width=100)


def rule_hash(text: str) -> str:
    """Of a rule's text."""
    return hashlib.sha256(text.encode()).hexdigest()[:LENGTH]


def rules(claims: list[dict]) -> dict[str, dict]:
    """By claim id, the hash of its rule, its version (None where it is not sealed) and whether it was amended."""
    return {claim["id"]: {"hash": rule_hash(rule_text(claim)), "version": None, "amended": "–"} for claim in claims}
