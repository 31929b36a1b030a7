"""Why Snakemake would run a job again: its decision, and what differs from the record beside the job's output."""

import io
import json
import os
from collections import Counter
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

from snakemake.api import ConfigSettings, DAGSettings, OutputSettings, ResourceSettings, SnakemakeApi
from snakemake.cli import parse_args
from snakemake.exceptions import RuleException, WorkflowError
from snakemake.settings.enums import Quietness

from archdyn.errors import ArchdynError
from archdyn.pipeline.record import changed_code, changed_settings, differences


def explanation(file: Path, configfiles: list[Path]) -> str:
    """Plain lines: what changed for the job that makes `file`, and for the jobs before it that would run.

    Plans as `snakemake FILE --configfile ...` in the working directory would, with its profile, and runs nothing.
    Raises ArchdynError where no rule makes the file, or where Snakemake cannot plan.
    """
    target = os.path.relpath(file)
    dag = planned([target], configfiles)
    job = next((job for job in dag.jobs if target in job.output), None)
    if job is None:
        raise ArchdynError(f"{target}: found no job that makes it; allowed: a file that is the output of a rule")
    if not dag.needrun(job):
        return f"{target}: nothing changed, so {job.rule.name} would not run."
    lines = [f"{target}: {job.rule.name} would run.", *_listed(_own_causes(dag, job) + _remade_inputs(dag, job))]
    for (rule, causes), count in _causes_before(dag, job).items():
        lines += [f"{rule} ({_jobs(count)}) would run.", *_listed(causes)]
    return "\n".join(lines)


def planned(targets: list[str], configfiles: list[Path]):
    """The graph of the jobs behind `targets` after a dry-run, with Snakemake's decision on each.

    Raises ArchdynError where Snakemake cannot plan.
    """
    options = ["--dry-run", *(["--configfile", *map(str, configfiles)] if configfiles else [])]
    unread = io.StringIO()  # what Snakemake prints of its plan; its errors are raised
    with (
        redirect_stdout(unread),
        redirect_stderr(unread),
        SnakemakeApi(OutputSettings(dryrun=True, quiet={Quietness.ALL})) as api,
    ):
        _, arguments = parse_args([*targets, *options])  # and of the profile, which says what makes a job run again
        try:
            workflow_api = api.workflow(
                resource_settings=ResourceSettings(cores=1),
                config_settings=ConfigSettings(configfiles=arguments.configfile),
            )
            dag_api = workflow_api.dag(
                DAGSettings(
                    targets=set(targets),
                    force_incomplete=arguments.rerun_incomplete,
                    rerun_triggers=arguments.rerun_triggers,
                    max_checksum_file_size=arguments.max_checksum_file_size,
                )
            )
            dag_api.execute_workflow(executor="dryrun")
        except (RuleException, WorkflowError) as error:
            raise ArchdynError(" ".join(str(error).split())) from None
        return workflow_api._workflow.dag


def _causes_before(dag, job) -> Counter:
    """How many of the jobs that `job` waits for would run, by their rule and their own causes."""
    before = (other for other in dag.bfs(dag.dependencies, job) if other is not job and dag.needrun(other))
    found = ((other.rule.name, tuple(_own_causes(dag, other))) for other in before)
    return Counter((rule, causes) for rule, causes in found if causes)


def _own_causes(dag, job) -> list[str]:
    """What changed for the job itself; [] where only its inputs are made again."""
    reason = dag.reason(job)
    causes = []
    if reason.missing_output:
        causes.append("its output is missing")
    if reason.incomplete_output:
        causes.append("an earlier attempt was stopped before its outputs were whole")
    causes += [f"input {file} changed" for file in sorted(reason.updated_input - reason.updated_input_run)]
    record = _record(job)
    if record:
        causes += _changed_code(record, job) + changed_settings(record, job.params) + _changed_inputs(record, job)
    return causes or ([] if reason.updated_input_run else [f"Snakemake says: {reason}"])


def _remade_inputs(dag, job) -> list[str]:
    remade = dag.reason(job).updated_input_run
    makers = Counter(other.rule.name for other, files in dag.dependencies[job].items() if remade & set(files))
    return [f"its input would be made again, by {rule} ({_jobs(count)})" for rule, count in makers.items()]


def _record(job) -> dict | None:
    path = job.output.get("provenance")
    return json.loads(Path(path).read_text()) if path and Path(path).exists() else None


def _changed_code(record: dict, job) -> list[str]:
    if record["params"].get("code") == job.params.get("code"):
        return []
    if "modules" not in record:
        return ["its code changed; the record is of an older archdyn and does not name modules"]
    return changed_code(record)


def _changed_inputs(record: dict, job) -> list[str]:
    before, now = dict.fromkeys(record["inputs"]), dict.fromkeys(map(str, job.input))
    return [f"input {name} {change}" for name, change in differences(before, now, ("", "is new", "is no longer read"))]


def _jobs(count: int) -> str:
    return f"{count} job{'s' * (count > 1)}"


def _listed(causes) -> list[str]:
    return [f"  - {cause}" for cause in causes]
