"""Sealed rules: every version that a rule has had, with its text and hash, kept in config/claims/sealed.

A rule that is changed is sealed anew by `archdyn seal`, which keeps the old text, so that what was amended can be read
without git's history. A test refuses a rule that differs from its last seal.
"""

import hashlib
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import yaml

from archdyn.errors import ArchdynError

LENGTH = 12  # of a hash, in hexadecimal digits
HEADING = "# Made by `archdyn seal`: every version of every rule, and since when a run has had numbers to look at.\n"


@dataclass(frozen=True)
class Seal:
    """One version of a rule. commit: that which introduced it, None while unknown. why: the reason of the change."""

    version: int
    hash: str
    sealed: str  # UTC, as 2026-11-23T16:29:47
    commit: str | None
    why: str
    text: str


@dataclass(frozen=True)
class Seals:
    """Of one experiment. data: by run (demo, paper), since when its numbers exist; rules: by claim, oldest first."""

    data: dict[str, str]
    rules: dict[str, list[Seal]]


def rule_text(claim: dict) -> str:
    """All of a claim that decides, or says of what: as YAML in one fixed form."""
    content = {key: value for key, value in claim.items() if key not in ("id", "where", "curve")}
    return yaml.safe_dump(content, allow_unicode=True, width=100)


def rule_hash(text: str) -> str:
    """Of a rule's text."""
    return hashlib.sha256(text.encode()).hexdigest()[:LENGTH]


def read_seals(path: str | Path | None = None) -> Seals:
    """What a file of config/claims/sealed holds; nothing where there is no such file."""
    if path is None or not Path(path).is_file():
        return Seals({}, {})
    content = yaml.safe_load(Path(path).read_text())
    rules = {name: [Seal(**version) for version in versions] for name, versions in content["rules"].items()}
    return Seals(content["data"], rules)


def write_seals(path: Path, seals: Seals) -> None:
    """The file of config/claims/sealed."""
    rules = {name: [asdict(seal) for seal in versions] for name, versions in seals.rules.items()}
    content = {"data": seals.data, "rules": rules}
    path.parent.mkdir(exist_ok=True)
    path.write_text(HEADING + yaml.dump(content, Dumper=_Blocks, sort_keys=False, allow_unicode=True, width=110))


def check_sealed(claims: list[dict], seals: Seals, path: str) -> None:
    """Raise ArchdynError, with what to do, where a rule differs from its last seal; `path` is the claims' file."""
    changed = [claim["id"] for claim in claims if _version(claim, seals) is None]
    if changed:
        raise ArchdynError(
            f'{path}: {", ".join(changed)} differ from what is sealed; allowed: run archdyn seal --why "REASON", and '
            "commit config/claims/sealed with the rules"
        )


def sealed(claims: list[dict], seals: Seals, now: str, why: str, find: Callable[[str], str | None]) -> Seals:
    """`seals` with a new version of every rule that differs from its last; one that no commit has yet is replaced.

    find: the commit that introduced a hash, None where there is none. Commits that are now known are filled in.
    """
    rules = {
        name: [seal if seal.commit else Seal(**asdict(seal) | {"commit": find(seal.hash)}) for seal in versions]
        for name, versions in seals.rules.items()
    }
    for claim in claims:
        text = rule_text(claim)
        versions = rules.setdefault(claim["id"], [])
        if versions and versions[-1].text == text:
            continue
        if versions and versions[-1].commit is None:
            versions.pop()
        versions.append(Seal(len(versions) + 1, rule_hash(text), now, None, why, text))
    return Seals(seals.data, rules)


def with_data(seals: Seals, runs: dict[str, str]) -> Seals:
    """`seals` that know of these runs, each with since when it has had numbers; the earliest counts."""
    known = {run: min(since, seals.data.get(run, since)) for run, since in runs.items()}
    return Seals(seals.data | known, seals.rules)


def rules(claims: list[dict], seals: Seals, run: str) -> dict[str, dict]:
    """By claim id, what a result says of its rule: hash, version (None where it is not sealed), amended.

    amended: whether the rule was written or amended after a run of this name had numbers, in words.
    """
    return {claim["id"]: _rule(claim, seals, run) for claim in claims}


def amendments(claims: list[dict], seals: Seals, run: str) -> list[dict]:
    """Every change of a rule after a run of this name had numbers, with old and new text; withdrawn rules too."""
    return [
        {
            "claim": name,
            "version": new.version,
            "sealed": new.sealed,
            "commit": new.commit or "not committed yet",
            "why": new.why,
            "old": old.text,
            "new": new.text,
        }
        for name, versions in seals.rules.items()
        for old, new in zip(versions, versions[1:], strict=False)
        if _after_data(new, seals, run)
    ] + _withdrawn(claims, seals)


def _withdrawn(claims: list[dict], seals: Seals) -> list[dict]:
    present = {claim["id"] for claim in claims}
    return [
        {
            "claim": name,
            "version": versions[-1].version,
            "sealed": versions[-1].sealed,
            "commit": versions[-1].commit or "not committed yet",
            "why": "withdrawn",
            "old": versions[-1].text,
            "new": "",
        }
        for name, versions in seals.rules.items()
        if name not in present
    ]


def _rule(claim: dict, seals: Seals, run: str) -> dict:
    found = _version(claim, seals)
    late = found and _after_data(found, seals, run)
    amended = f"{'amended' if found.version > 1 else 'written'} after the data" if late else "–"
    return {
        "hash": rule_hash(rule_text(claim)),
        "version": found and found.version,
        "amended": amended if found else "not sealed",
    }


def _version(claim: dict, seals: Seals) -> Seal | None:
    """The last seal, if the rule still is what it says."""
    versions = seals.rules.get(claim["id"])
    return versions[-1] if versions and versions[-1].text == rule_text(claim) else None


def _after_data(seal: Seal, seals: Seals, run: str) -> bool:
    """A run of a name that is not known has data of a kind that may have been seen: those that are known count."""
    return seal.sealed >= seals.data.get(run, min(seals.data.values(), default="9999"))


class _Blocks(yaml.SafeDumper):
    """Texts of several lines as blocks, so that a diff of the file shows what changed."""


_Blocks.add_representer(
    str,
    lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None),
)
