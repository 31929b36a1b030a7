"""A run that somebody else has made: is its RO-Crate what the jobs wrote, by our code and our rules?

Digests tell damage and editing, and which code and which rule a number is from. They are no signature: whoever wants to
deceive can write records as well as numbers.
"""

import json
import os
import re
import shutil
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

import pandas as pd
import yaml

from archdyn.errors import ArchdynError
from archdyn.pipeline.audited import audited, every_claim, write_code, write_tables
from archdyn.pipeline.crate import METADATA, travels
from archdyn.pipeline.files import content_digest
from archdyn.pipeline.origin import REPOSITORY
from archdyn.pipeline.record import Record, changed_code, flat, read_records
from archdyn.pipeline.verify import Finding, unrecorded

RESOURCES = "resources"
KEPT = ("summary", "verdicts", "tests")
NAME = re.compile(r"[a-z0-9][a-z0-9-]*")
ABOUT = "about.json"


def check_name(name: str, folder: Path) -> None:
    """Raise ArchdynError for a name that a run in `folder` cannot have, or that one has."""
    if not NAME.fullmatch(name):
        raise ArchdynError(f'found the name "{name}"; allowed: lower-case letters, digits and hyphens')
    if (folder / name).exists():
        raise ArchdynError(f"{folder / name}: is there already; allowed: another name, or remove that folder first")


def unpack(crate: Path, folder: Path) -> Path:
    """Unpack an RO-Crate that `archdyn crate` wrote into `folder`, and return its run, folder/results/<run>.

    Raises ArchdynError for a file that is none.
    """
    wanted = "allowed: what archdyn crate RUN wrote"
    if not zipfile.is_zipfile(crate):
        raise ArchdynError(f"{crate}: is no zip file; {wanted}")
    with zipfile.ZipFile(crate) as packed:
        paths = [PurePosixPath(name) for name in packed.namelist()]
        outside = [path for path in paths if path.is_absolute() or ".." in path.parts]
        runs = {path.parts[0] for path in paths if path.name.endswith(".provenance.json") and len(path.parts) > 2}
        runs -= {RESOURCES}
        if outside or PurePosixPath(METADATA) not in paths or len(runs) != 1 or "results" in runs:
            raise ArchdynError(f"{crate}: found {len(runs)} runs in it; {wanted}")
        try:
            packed.extractall(folder)
        except zipfile.BadZipFile as error:
            raise ArchdynError(f"{crate}: is damaged ({error}); {wanted}") from error
    run = folder / "results" / runs.pop()
    run.parent.mkdir()
    shutil.move(folder / run.name, run)
    return run


def examination(run: Path) -> Finding:
    """Hold an unpacked run to its records, its records to our code and published numbers, its verdicts to our rules.

    Raises ArchdynError for a run without an audit.
    """
    records = read_records(run)
    made = {path: digest for record in records if record.has_digests for path, digest in record.outputs().items()}
    faults = [f"{_shown(record.path, run)}: {fault}" for record in records for fault in _faults(record, run, made)]
    faults += [f"{_shown(path, run)}: no record says what made it" for path in unrecorded(run, records)]
    faults += _other_code(records)
    rules = every_claim().set_index(["experiment", "id"])["rule_hash"].to_dict()
    faults += [fault for experiment in audited(run) for fault in _other_rules(run, experiment, rules)]
    return Finding(len(records), sum(len(record.facts["outputs"]) for record in records), faults)


def keep(run: Path, name: str, folder: Path) -> Path:
    """Keep of a run what stands beside ours in folder/NAME: its tables, what it was made by, and in what it differs
    from the report's scale as config/config.yaml has it.

    Raises ArchdynError for a name that it cannot have, and for a run without an audit.
    """
    check_name(name, folder)
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder) as temporary:
        ready = Path(temporary) / name
        ready.mkdir()
        experiments = audited(run)
        write_tables(run, experiments, KEPT, ready)
        records = [record.facts for record in read_records(run)]
        (ready / ABOUT).write_text(json.dumps(_about(run, experiments, records), indent=1) + "\n")
        write_code(records, ready)
        ready.rename(folder / name)
    return folder / name


def _about(run: Path, experiments: dict[str, str], records: list[dict]) -> dict:
    return {
        "run": run.name,
        "sections": list(experiments.values()),
        "commits": sorted({each["commit"] for each in records}),
        "hardware": sorted({_machine(each["hardware"]) for each in records}),
        "torch": sorted({each["packages"]["torch"] for each in records}),
        "hours": round(sum(each["wall_s"] for each in records) / 3600, 2),
        "settings": _other_settings(run, experiments),
    }


def _machine(hardware: dict) -> str:
    return ", ".join(str(hardware[part]) for part in ("gpu", "cpu") if hardware[part])


def _other_settings(run: Path, experiments: dict[str, str]) -> list[str]:
    """Settings of the audited experiments that are not those of config/config.yaml, in words."""
    usual = yaml.safe_load((REPOSITORY / "config/config.yaml").read_text())
    used = json.loads((run / "report/settings.json").read_text())
    ours, theirs = ({name: blocks[name] for name in experiments} for blocks in (usual, used))
    before, now = dict(flat(ours)), dict(flat(theirs))
    return [
        f"{name}: {now[name]} in place of {before.get(name, 'none')}"
        for name in now
        if now[name] != before.get(name, now[name])
    ]


def _faults(record: Record, run: Path, made: dict[Path, str]) -> Iterator[str]:
    if not record.has_digests:
        yield "is of an older archdyn, whose records do not say what inputs held"
        return
    for path, expected in record.outputs().items():
        if path.is_relative_to(run) and travels(path, run) and not path.exists():
            yield f"{_shown(path, run)} is gone"
        elif path.exists() and content_digest(path) != expected:
            yield f"{_shown(path, run)} is not what the job wrote"
    for path, expected in record.inputs().items():
        if made.get(path, expected) != expected or (path.exists() and content_digest(path) != expected):
            yield f"its input {_shown(path, run)} is not what it was made from"
    yield from _other_published(record)


def _other_code(records: list[Record]) -> list[str]:
    jobs = Counter(change for record in records for change in changed_code(record.facts))
    return [f"{count} of {len(records)} jobs ran other code: {change}" for change, count in sorted(jobs.items())]


def _other_published(record: Record) -> Iterator[str]:
    """The report's numbers lie in the workflow, which a run in another folder names by a longer path."""
    for name, digest in record.facts["inputs"].items():
        if Path(name).parts[-3:-1] == ("config", "published"):
            ours = REPOSITORY / "config/published" / Path(name).name
            if not ours.exists() or content_digest(ours) != digest:
                yield f"was compared with another config/published/{ours.name}"


def _other_rules(run: Path, experiment: str, rules: dict[tuple[str, str], str]) -> Iterator[str]:
    tests = pd.read_csv(run / experiment / "tables/tests.csv", dtype={"rule_hash": str}).drop_duplicates("claim")
    for claim, judged_by in tests[["claim", "rule_hash"]].itertuples(index=False):
        ours = rules.get((experiment, claim), "none")
        if ours != judged_by:
            yield f"{experiment}: {claim} was judged by the rule {judged_by}; ours is {ours}"


def _shown(path: Path, run: Path) -> str:
    return os.path.relpath(path, run.parents[1]).removesuffix(".provenance.json")
