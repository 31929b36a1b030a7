"""A run that somebody else has made: is its RO-Crate what the jobs wrote, by our code and our rules?

Digests tell damage and editing, and which code and which rule a number is from. They are no signature: whoever wants to
deceive can write records as well as numbers.
"""

import json
import shutil
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from archdyn.claims.read import read_claims
from archdyn.claims.seal import rule_hash, rule_text
from archdyn.errors import ArchdynError
from archdyn.pipeline.crate import travels
from archdyn.pipeline.files import content_digest
from archdyn.pipeline.origin import REPOSITORY
from archdyn.pipeline.record import Record, changed_code, read_records
from archdyn.pipeline.verify import Finding, unrecorded

METADATA = "ro-crate-metadata.json"
TABLES = {"summary": "metrics", "verdicts": "tables", "tests": "tables"}


def unpack(crate: Path, folder: Path) -> Path:
    """Unpack an RO-Crate that `archdyn crate` wrote into `folder`, and return its run, folder/results/<run>.

    Raises ArchdynError for a file that is none.
    """
    if not zipfile.is_zipfile(crate):
        raise ArchdynError(f"{crate}: is no zip file; allowed: what archdyn crate RUN wrote")
    with zipfile.ZipFile(crate) as packed:
        runs = {Path(name).parts[0] for name in packed.namelist() if name.endswith(".provenance.json")}
        if METADATA not in packed.namelist() or len(runs) != 1:
            raise ArchdynError(f"{crate}: found {len(runs)} runs in it; allowed: what archdyn crate RUN wrote")
        packed.extractall(folder)
    run = folder / "results" / runs.pop()
    run.parent.mkdir()
    shutil.move(folder / run.name, run)
    return run


def examination(run: Path) -> Finding:
    """Hold an unpacked run to its records, its records to our code and published numbers, its verdicts to our rules."""
    records = read_records(run)
    faults = [f"{_shown(record.path, run)}: {fault}" for record in records for fault in _faults(record, run)]
    faults += [f"{_shown(path, run)}: no record says what made it" for path in unrecorded(run, records)]
    faults += _other_code(records)
    faults += [fault for path in sorted(run.glob("*/tables/tests.csv")) for fault in _other_rules(path)]
    return Finding(len(records), sum(len(record.facts["outputs"]) for record in records), faults)


def keep(run: Path, name: str, folder: Path) -> Path:
    """Keep of a run what stands beside ours in folder/NAME: its tables, and on which machine it was made."""
    kept = folder / name
    shutil.rmtree(kept, ignore_errors=True)
    kept.mkdir(parents=True)
    for table, kind in TABLES.items():
        found = sorted(run.glob(f"*/{kind}/{table}.csv"))
        if not found:
            raise ArchdynError(f"{run.name}: has no */{kind}/{table}.csv; allowed: a run whose audit was made")
        pd.concat(map(pd.read_csv, found), ignore_index=True).to_csv(kept / f"{table}.csv", index=False)
    (kept / "about.json").write_text(json.dumps(_about(run), indent=1) + "\n")
    return kept


def _about(run: Path) -> dict:
    facts = [record.facts for record in read_records(run)]
    return {
        "run": run.name,
        "commits": sorted({each["commit"] for each in facts}),
        "hardware": sorted({_machine(each["hardware"]) for each in facts}),
        "torch": sorted({each["packages"]["torch"] for each in facts}),
        "hours": round(sum(each["wall_s"] for each in facts) / 3600, 2),
    }


def _machine(hardware: dict) -> str:
    return ", ".join(str(hardware[part]) for part in ("gpu", "cpu") if hardware[part])


def _faults(record: Record, run: Path) -> Iterator[str]:
    if not record.has_digests:
        yield "is of an older archdyn, whose records do not say what inputs held"
        return
    for path, expected in record.outputs().items():
        if travels(path, run) and not path.exists():
            yield f"{_shown(path, run)} is gone"
        elif path.exists() and content_digest(path) != expected:
            yield f"{_shown(path, run)} is not what the job wrote"
    for path, expected in record.inputs().items():
        if path.exists() and content_digest(path) != expected:
            yield f"its input {_shown(path, run)} is not what it was made from"
    yield from _other_published(record)


def _other_code(records: list[Record]) -> list[str]:
    jobs = Counter(change for record in records for change in changed_code(record.facts))
    return [f"{count} of {len(records)} jobs ran other code: {change}" for change, count in sorted(jobs.items())]


def _other_published(record: Record) -> Iterator[str]:
    for name, digest in record.facts["inputs"].items():
        ours = REPOSITORY / name
        if Path(name).parts[:2] == ("config", "published") and not (ours.exists() and content_digest(ours) == digest):
            yield f"was compared with another {name}"


def _other_rules(tests: Path) -> Iterator[str]:
    experiment = tests.parents[1].name
    rules = {claim["id"]: rule_hash(rule_text(claim)) for claim in _claims(experiment)}
    found = pd.read_csv(tests, dtype={"rule_hash": str}).drop_duplicates("claim")
    for claim, judged_by in found[["claim", "rule_hash"]].itertuples(index=False):
        if rules.get(claim) != judged_by:
            yield f"{experiment}: {claim} was judged by the rule {judged_by}; ours is {rules.get(claim, 'none')}"


def _claims(experiment: str) -> list[dict]:
    file = REPOSITORY / f"config/claims/{experiment}.yaml"
    return read_claims(file) if file.exists() else []


def _shown(path: Path, run: Path) -> str:
    return path.relative_to(run.parents[1]).as_posix().removesuffix(".provenance.json")
