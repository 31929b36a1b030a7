"""Whether a run's artifacts are what their jobs wrote, from the inputs, settings and code that stand there now.

Everything is compared by content, with the digests that every job leaves in its record.
"""

import io
import json
import os
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from archdyn.errors import ArchdynError
from archdyn.workflow.files import content_digest, walk
from archdyn.workflow.fingerprint import SCRIPTS, is_code, module_digests
from archdyn.workflow.record import RECORD, REPOSITORY, Record, absolute, behind, read_records, within

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
    own = within(every, [run])
    if not own:
        raise ArchdynError(f"{run}: has no *.{RECORD}; allowed: a run that archdyn made")
    records = with_sources(own, every)
    finding = by_digests(records)
    unknown = [f"{_shown(path)}: no record says what made it" for path in unrecorded(run, records)]
    faults = finding.faults + unknown + _by_plan(run, records, configfiles)
    return Finding(finding.jobs, finding.files, faults)


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
    entries = [script, *filter(None, [facts["params"].get("module")])]
    return [
        f"{'module' if '/' in name else 'script'} {(SCRIPTS / name).relative_to(REPOSITORY)} {change}"
        for name, change in _differences(
            facts["modules"], module_digests(entries), ("changed", "is new to it", "is no longer used")
        )
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


def _by_plan(run: Path, records: list[Record], configfiles: list[Path]) -> list[str]:
    """Records of other settings than Snakemake plans by now, and those of jobs that it does not plan."""
    own = REPOSITORY / "config" / f"{run.name}.yaml"
    settings = _planned(configfiles or ([own] if own.is_file() else []))
    if not any(path.is_relative_to(run) for path in settings):
        raise ArchdynError(f"{run}: the configuration makes another run; give this one's with --configfile")
    faults = []
    for record in records:
        changes = _changed_settings(record.facts, settings[record.path]) if record.path in settings else []
        if record.path not in settings and record.path.is_relative_to(run):
            changes = ["no job of this configuration makes it"]
        faults += [f"{_shown(record.path)}: {change}" for change in changes]
    return faults


def _planned(configfiles: list[Path]) -> dict[Path, dict]:
    """The settings of every job that `snakemake --dry-run` plans here, by the absolute path of its record.

    What hangs on a checkpoint that is still to be made is not known yet, and is `...`. Raises ArchdynError where
    Snakemake cannot plan.
    """
    from snakemake.api import ConfigSettings, DAGSettings, OutputSettings, ResourceSettings, SnakemakeApi
    from snakemake.cli import parse_args
    from snakemake.common.tbdstring import TBDString
    from snakemake.exceptions import RuleException, WorkflowError
    from snakemake.settings.enums import Quietness
    from snakemake_interface_common.exceptions import ApiError

    options = ["--dry-run", *(["--configfile", *map(str, configfiles)] if configfiles else [])]
    unread = io.StringIO()  # what Snakemake prints of its plan; its errors are raised
    with (
        redirect_stdout(unread),
        redirect_stderr(unread),
        SnakemakeApi(OutputSettings(dryrun=True, quiet={Quietness.ALL})) as api,
    ):
        _, arguments = parse_args(options)
        try:
            workflow = api.workflow(
                resource_settings=ResourceSettings(cores=1),
                config_settings=ConfigSettings(configfiles=arguments.configfile),
            )
            workflow.dag(DAGSettings(targets={"all", "designs"})).execute_workflow(executor="dryrun")
        except (ApiError, RuleException, WorkflowError) as error:
            raise ArchdynError(" ".join(str(error).split())) from None
        return {
            absolute(job.output.provenance): {
                name: ... if isinstance(value, TBDString) else value
                for name, value in job.params.items()
                if not is_code(name)
            }
            for job in workflow._workflow.dag.jobs
            if job.output.get("provenance")
        }


def _changed_settings(facts: dict, settings: dict) -> list[str]:
    """Settings of a record that differ from those of a planned job, as `_planned` has them, in words."""
    known = {name: value for name, value in settings.items() if value is not ...}
    recorded = {name: value for name, value in facts["params"].items() if settings.get(name) is not ...}
    before, now = dict(_flat(recorded)), dict(_flat(json.loads(json.dumps(known, default=str))))
    return [
        f"setting {name}: {before.get(name, 'none')} -> {now.get(name, 'none')}"
        for name, _ in _differences(before, now, ("", "", ""))
    ]


def _differences(before: dict, now: dict, words: tuple[str, str, str]) -> list[tuple[str, str]]:
    """Names with another value, of `now` alone, and of `before` alone, each with its word."""
    changed, new, gone = words
    found = [(name, new if name not in before else changed) for name in now if before.get(name, ...) != now[name]]
    return found + [(name, gone) for name in before if name not in now]


def _flat(params: dict, prefix: str = "") -> Iterator[tuple[str, object]]:
    """Nested settings by their whole names: {"training": {"epochs": 2}} -> {"training.epochs": 2}"""
    for name, value in params.items():
        if isinstance(value, dict) and value:
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _shown(path: Path) -> str:
    """A record by the name of what it is about; any path as seen from the working directory."""
    return os.path.relpath(path).removesuffix(f".{RECORD}")
