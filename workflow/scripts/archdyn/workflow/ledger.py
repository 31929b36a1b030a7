"""The ledger of rules: when each was sealed, at which commit and why, and since when a run has had numbers.

A rule that is changed is sealed anew by `archdyn seal`; its text at any time is in git. A test refuses a rule that
differs from its last seal, and the audit lists what was changed after somebody could have seen numbers.
"""

import hashlib
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import yaml

from archdyn.claims.read import read_claims
from archdyn.errors import ArchdynError
from archdyn.workflow.record import REPOSITORY, introduced

CLAIMS = "config/claims"
LEDGER = REPOSITORY / CLAIMS / "ledger.yaml"
RESULTS = Path("results")
WITHDRAWN = "withdrawn"
FORMAT = "%Y-%m-%dT%H:%M:%S"
HEADING = "# Made by `archdyn seal`: since when a run has had numbers, and every sealing of rules, the oldest first.\n"


@dataclass(frozen=True)
class Seal:
    """Rules, as EXPERIMENT.ID, that were sealed together, each with its hash or WITHDRAWN. commit: None if unknown."""

    date: str  # UTC, as 2026-11-23T16:29:47
    commit: str | None
    why: str
    rules: dict[str, str]


@dataclass(frozen=True)
class Ledger:
    """data: by experiment and run, since when its numbers exist. seals: the oldest first."""

    data: dict[str, dict[str, str]]
    seals: list[Seal]

    def history(self, rule: str) -> list[Seal]:
        return [seal for seal in self.seals if rule in seal.rules]

    def is_late(self, rule: str, seal: Seal, run: str) -> bool:
        """Whether it was sealed when the run had numbers. Of a run that is not known, the first one counts."""
        known = self.data.get(rule.partition(".")[0], {})
        return seal.date >= known.get(run, min(known.values(), default="9999"))

    def amended(self, rule: str, digest: str, run: str) -> str:
        """Whether the rule with this hash was written or amended after a run of this name had numbers, in words."""
        versions = self.history(rule)
        if not versions or versions[-1].rules[rule] != digest:
            return "not sealed"
        late = f"{'amended' if len(versions) > 1 else 'written'} after the data"
        return late if self.is_late(rule, versions[-1], run) else "–"

    def changes(self, experiment: str, run: str) -> list[dict]:
        """Every rule that was written, amended or withdrawn after a run of this name had numbers, the oldest first."""
        seen: set[str] = set()
        found = []
        for seal in self.seals:
            for rule in (name for name in seal.rules if name.startswith(f"{experiment}.")):
                what = WITHDRAWN if seal.rules[rule] == WITHDRAWN else "amended" if rule in seen else "written"
                facts = {"claim": rule.partition(".")[2], "what": what, "sealed": seal.date, "why": seal.why}
                found += [facts | {"commit": seal.commit or "not known yet"}] * self.is_late(rule, seal, run)
                seen.add(rule)
        return found

    def unsealed(self, rules: dict[str, str]) -> dict[str, str]:
        """Of all rules (their hashes by name) those that differ from their last seal, and those that are gone."""
        last = {rule: digest for seal in self.seals for rule, digest in seal.rules.items()}
        now = rules | dict.fromkeys(last.keys() - rules.keys(), WITHDRAWN)
        return {rule: digest for rule, digest in sorted(now.items()) if last.get(rule) != digest}

    def sealed(self, new: dict[str, str], date: str, why: str, find: Callable[[str], str | None]) -> "Ledger":
        """With a seal of these rules.

        find: the commit that brought a date into the ledger, None where there is none. A seal that no commit has yet
        gives way to another of the same rule.
        """
        seals = [replace(seal, commit=seal.commit or find(seal.date)) for seal in self.seals]
        kept = [seal if seal.commit else replace(seal, rules=_without(seal.rules, new)) for seal in seals]
        return Ledger(self.data, [seal for seal in [*kept, Seal(date, None, why, new)] if seal.rules])

    def with_data(self, experiment: str, runs: dict[str, str]) -> "Ledger":
        """That knows of these runs, each with since when it has had numbers; the earliest counts."""
        known = self.data.get(experiment, {})
        earliest = {run: min(since, known.get(run, since)) for run, since in runs.items()}
        return Ledger(self.data | {experiment: known | earliest}, self.seals)


def rule_hash(claim: dict) -> str:
    """12 hexadecimal digits of all of a claim that decides, or says of what."""
    content = {key: value for key, value in claim.items() if key not in ("id", "where")}
    return hashlib.sha256(yaml.safe_dump(content, allow_unicode=True).encode()).hexdigest()[:12]


def read_ledger(path: str | Path) -> Ledger:
    """The file that `write_ledger` writes."""
    content = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    return Ledger(content["data"], [Seal(**seal) for seal in content["seals"]])


def write_ledger(path: Path, ledger: Ledger) -> None:
    """As YAML, so that a diff shows what was sealed."""
    text = yaml.safe_dump(asdict(ledger), sort_keys=False, allow_unicode=True, width=110, default_flow_style=None)
    path.write_text(HEADING + text, encoding="utf-8")


def _without(rules: dict[str, str], others: dict[str, str]) -> dict[str, str]:
    return {rule: digest for rule, digest in rules.items() if rule not in others}


def claim_files() -> list[Path]:
    """The claims of every experiment."""
    return [file for file in sorted((REPOSITORY / CLAIMS).glob("*.yaml")) if file.name != LEDGER.name]


def rules() -> dict[str, str]:
    """The hash of every rule, by EXPERIMENT.ID."""
    return {f"{file.stem}.{claim['id']}": rule_hash(claim) for file in claim_files() for claim in read_claims(file)}


def check_sealed() -> None:
    """Raise ArchdynError, with what to do, where a rule differs from its last seal."""
    if changed := read_ledger(LEDGER).unsealed(rules()):
        raise ArchdynError(
            f"{CLAIMS}: {', '.join(changed)} differ from what is sealed; allowed: run archdyn seal --why "
            f'"REASON", and commit {LEDGER.name} with the rules'
        )


def seal(why: str, names: list[str]) -> str:
    """Seal the rules that changed, or those of them that are named, and return what was sealed, in words.

    Raises ArchdynError for a name that is no changed rule.
    """
    note_runs(RESULTS)
    ledger = read_ledger(LEDGER)
    changed = ledger.unsealed(rules())
    for name in names:
        if name not in changed:
            raise ArchdynError(f"found {name}; allowed: a changed rule: {', '.join(changed) or 'there is none'}")
    new = {name: digest for name, digest in changed.items() if name in names or not names}
    now = datetime.now(UTC).strftime(FORMAT)
    write_ledger(LEDGER, ledger.sealed(new, now, why, lambda text: introduced(text, CLAIMS)))
    return f"sealed: {', '.join(new)}" if new else "every rule is as it was sealed"


def note_runs(results: Path) -> None:
    """Write into the ledger since when the runs in `results` have numbers; a rule changed later is late.

    Synthetic images of tests are no data.
    """
    before = after = read_ledger(LEDGER)
    for file in sorted(results.glob("*/*/metrics/all.csv")):
        run, experiment = file.parts[-4:-2]
        since = datetime.fromtimestamp(file.stat().st_mtime, UTC).strftime(FORMAT)
        after = after if run == "smoke" else after.with_data(experiment, {run: since})
    if after != before:
        write_ledger(LEDGER, after)
