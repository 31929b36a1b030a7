"""Whether a run's artifacts are what their jobs wrote, from the inputs, settings and code that stand there now.

Everything is compared by content, with the digests that every job leaves in its record.
"""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from archdyn.errors import ArchdynError
from archdyn.workflow.files import content_digest
from archdyn.workflow.origin import REPOSITORY
from archdyn.workflow.record import Record, absolute, changed_code, changed_settings, read_records

UNRECORDED = ("logs", "benchmarks")  # folders of what jobs leave beside their artifacts
SHOWN = 3


@dataclass(frozen=True)
class Finding:
    """What was looked at, and what does not stand by its record, a line each."""

    jobs: int
    files: int
    faults: list[str]

    def sentence(self) -> str:
        """One line that the audit says of itself; settings are not in it, since only Snakemake's plan tells them."""
        looked_at = f"the {self.files} files of {self.jobs} jobs behind this audit"
        if not self.faults:
            return f"All of {looked_at} are what the jobs wrote, from the inputs and by the code of now."
        more = f"; and {len(self.faults) - SHOWN} more" if len(self.faults) > SHOWN else ""
        return f"Not all of {looked_at} stand by their records: {'; '.join(self.faults[:SHOWN])}{more}."


def verification(run: Path, configfiles: list[Path]) -> Finding:
    """All that can be verified of the run in the folder `run`, settings too.

    Those are what Snakemake plans by in the working directory; without `configfiles`, by config/<run>.yaml where there
    is one. Raises ArchdynError when the run has no records, or when that configuration makes another run.
    """
    run = absolute(run)
    every = read_records(run)
    own = [record for record in every if record.path.is_relative_to(run)]
    if not own:
        raise ArchdynError(f"{run}: has no *.provenance.json; allowed: a run that archdyn made")
    records = with_sources(own, every)
    finding = by_digests(records)
    unknown = [f"{_shown(path)}: no record says what made it" for path in unrecorded(run, records)]
    faults = finding.faults + unknown + _by_plan(run, records, configfiles)
    return Finding(finding.jobs, finding.files, faults)


def behind(paths: Iterable[Path], records: list[Record]) -> list[Record]:
    """The records of the jobs that made these files, of those that made their inputs, and so on."""
    makers = {path: record for record in records if record.has_digests for path in record.outputs()}
    found: dict[Path, Record] = {}
    waiting = list(paths)
    while waiting:
        record = makers.get(absolute(waiting.pop()))
        if record and record.path not in found:
            found[record.path] = record
            waiting += record.inputs()
    return list(found.values())


def with_sources(records: list[Record], every: list[Record]) -> list[Record]:
    """`records`, and of `every` those of the jobs that their inputs come from, and so on."""
    inputs = [path for record in records if record.has_digests for path in record.inputs()]
    return records + [record for record in behind(inputs, every) if record not in records]


def by_digests(records: list[Record]) -> Finding:
    """Hold the files that stand there now to the records, and the records to the code."""
    digest = cache(lambda path: content_digest(path) if path.exists() else None)
    faults = [f"{_shown(record.path)}: {fault}" for record in records for fault in _faults(record, digest)]
    files = sum(len(record.facts["outputs"]) for record in records)
    return Finding(len(records), files, faults)


def _faults(record: Record, digest) -> Iterator[str]:
    if not record.has_digests:
        yield "is of an older archdyn, whose records do not say what inputs held"
        return
    for path, expected in record.outputs().items():
        if digest(path) != expected:
            yield f"{_shown(path)} is {'not what the job wrote' if digest(path) else 'gone'}"
    for path, expected in record.inputs().items():
        if digest(path) != expected:
            yield f"its input {_shown(path)} is {'not what it was made from' if digest(path) else 'gone'}"
    yield from (f"was made by other code: {change}" for change in changed_code(record.facts))


def unrecorded(run: Path, records: list[Record]) -> list[Path]:
    """Files of the run that no record speaks of; hidden ones, logs and benchmarks have none."""
    known = {path for record in records if record.has_digests for path in record.outputs()}
    known |= {record.path for record in records}
    found = (path for path in sorted(run.rglob("*")) if path.is_file() and _is_artifact(path.relative_to(run)))
    return [path for path in found if not {path, *path.parents} & known]


def _is_artifact(path: Path) -> bool:
    return not any(part.startswith(".") or part in UNRECORDED for part in path.parts)


def _by_plan(run: Path, records: list[Record], configfiles: list[Path]) -> list[str]:
    """Records of other settings than Snakemake plans by now, and those of jobs that it does not plan."""
    from archdyn.workflow.why import planned

    own = REPOSITORY / "config" / f"{run.name}.yaml"
    dag = planned(["all", "benchmark"], configfiles or ([own] if own.is_file() else []))
    jobs = {absolute(job.output.provenance): job for job in dag.jobs if job.output.get("provenance")}
    if not any(path.is_relative_to(run) for path in jobs):
        raise ArchdynError(f"{run}: the configuration makes another run; give this one's with --configfile")
    faults = []
    for record in records:
        job = jobs.get(record.path)
        changes = changed_settings(record.facts, job.params) if job else []
        if not job and record.path.is_relative_to(run):
            changes = ["no job of this configuration makes it"]
        faults += [f"{_shown(record.path)}: {change}" for change in changes]
    return faults


def _shown(path: Path) -> str:
    """A record by the name of what it is about; any path as seen from the working directory."""
    return os.path.relpath(path).removesuffix(".provenance.json")
