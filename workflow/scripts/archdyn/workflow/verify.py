"""Whether a run's artifacts are what their jobs wrote, from the inputs and code that stand there now.

Everything is compared by content, with the digests that every job leaves in its record. Whether the settings are those
of now, `snakemake -n` says.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from archdyn.errors import ArchdynError
from archdyn.workflow.files import content_digest, walk
from archdyn.workflow.fingerprint import SCRIPTS, module_digests
from archdyn.workflow.record import RECORD, REPOSITORY, Record, absolute, behind, read_records, within

SHOWN = 3


@dataclass(frozen=True)
class Finding:
    """What was looked at, and what does not stand by its record, a line each."""

    jobs: int
    files: int
    faults: list[str]

    def sentence(self) -> str:
        """One line that the audit says of itself."""
        looked_at = f"the {self.files} files of {self.jobs} jobs behind this audit"
        if not self.faults:
            return f"All of {looked_at} are what the jobs wrote, with the current inputs and code."
        return f"Not all of {looked_at} stand by their records: {self.brief()}."

    def brief(self) -> str:
        """The first faults, and how many more there are."""
        more = f"; and {len(self.faults) - SHOWN} more" if len(self.faults) > SHOWN else ""
        return "; ".join(self.faults[:SHOWN]) + more


def verification(run: Path) -> Finding:
    """All that can be verified of the run in the folder `run`. Raises ArchdynError when the run has no records."""
    run = absolute(run)
    every = read_records(run)
    own = within(every, [run])
    if not own:
        raise ArchdynError(f"{run}: has no *.{RECORD}; allowed: a run that archdyn made")
    records = with_sources(own, every)
    finding = by_digests(records)
    unknown = [f"{_shown(path)}: no record says what made it" for path in unrecorded(run, records)]
    return Finding(finding.jobs, finding.files, finding.faults + unknown)


def with_sources(records: list[Record], every: list[Record]) -> list[Record]:
    """`records`, and of `every` those of the jobs that their inputs come from, and so on."""
    inputs = [path for record in records for path in record.inputs()]
    return records + [record for record in behind(inputs, every) if record not in records]


def by_digests(records: list[Record]) -> Finding:
    """Hold the files that stand there now to the records, and the records to the code."""
    digest = cache(lambda path: content_digest(path) if path.exists() else None)
    faults = [f"{_shown(record.path)}: {fault}" for record in records for fault in _faults(record, digest)]
    files = sum(len(record.facts["outputs"]) for record in records)
    return Finding(len(records), files, faults)


def unrecorded(run: Path, records: list[Record]) -> list[Path]:
    """Files of the run that no record speaks of; hidden ones and logs have none."""
    known = {path for record in records for path in record.outputs()}
    known |= {record.path for record in records}
    found = (path for path in walk(run) if _is_artifact(path.relative_to(run)))
    return [path for path in found if not {path, *path.parents} & known]


def changed_code(facts: dict) -> list[str]:
    """Modules that differ from those that a record names, in words; [] for a rule that watches no code."""
    if not facts.get("modules"):
        return []
    script = facts.get("script") or facts["rule"]
    if not (SCRIPTS / f"{script}.py").is_file():
        return [f"script workflow/scripts/{script}.py is gone"]
    before, now = facts["modules"], module_digests([script, *filter(None, [facts["params"].get("module")])])
    changed = [(name, "changed" if name in before else "is new to it") for name in now if before.get(name) != now[name]]
    gone = [(name, "is no longer used") for name in before if name not in now]
    return [
        f"{'module' if '/' in name else 'script'} {(SCRIPTS / name).relative_to(REPOSITORY)} {change}"
        for name, change in changed + gone
    ]


def _faults(record: Record, digest) -> Iterator[str]:
    for path, expected in record.outputs().items():
        if digest(path) != expected:
            yield f"{_shown(path)} is {'not what the job wrote' if digest(path) else 'gone'}"
    for path, expected in record.inputs().items():
        if digest(path) != expected:
            yield f"its input {_shown(path)} is {'not what it was made from' if digest(path) else 'gone'}"
    yield from (f"was made by other code: {change}" for change in changed_code(record.facts))


def _is_artifact(path: Path) -> bool:
    return not any(part.startswith(".") or part == "logs" for part in path.parts)


def _shown(path: Path) -> str:
    """A record by the name of what it is about; any path as seen from the working directory."""
    return os.path.relpath(path).removesuffix(f".{RECORD}")
