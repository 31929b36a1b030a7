"""Which rule, script and modules made an output, at which commit, from which files: read from its record."""

import json
import os
from pathlib import Path

from archdyn.errors import ArchdynError
from archdyn.workflow.files import content_digest
from archdyn.workflow.fingerprint import SCRIPTS

REPOSITORY = SCRIPTS.parents[1]


def origin(output: Path) -> dict:
    """The origin of a figure or table, by the record beside it; paths are relative to the repository.

    Raises ArchdynError for a record without the job's script, which early versions left out.
    """
    path = output.with_suffix(".provenance.json")
    record = json.loads(path.read_text())
    rule = record["rule"]
    if "script" not in record:
        raise ArchdynError(f"{path} is of an older archdyn and names no script: run snakemake --forcerun figure table")
    script, *modules = sorted((SCRIPTS / file for file in record["modules"]), key=lambda file: file.parent != SCRIPTS)
    return {
        "rule": rule,
        "rules": _shown(_rule_file(rule)),
        "script": _shown(script),
        "modules": [_shown(file) for file in modules if file.name != "__init__.py"],
        "commit": record["commit"],
        "inputs": list(record["inputs"]),
        "caption": record["params"]["caption"],
        "label": record["params"]["label"],
    }


def records(run_folder: Path, experiments: list[str]) -> list[dict]:
    """The records of all jobs of these experiments in a run."""
    paths = [path for name in experiments for path in sorted((run_folder / name).rglob("*.provenance.json"))]
    return [json.loads(path.read_text()) for path in paths]


def file_sources(names: list[str], report_folder: Path, found: list[dict]) -> dict[str, dict]:
    """By name as seen from `report_folder`, where a file is from: its `path`, and rule and commit of the job behind it.

    found: the records of all jobs, which hold the digests of their outputs. A file of the repository is of no job.
    """
    by_digest = {digest: record for record in found for digest in record["outputs"].values()}
    sources = {}
    for name in names:
        path = Path(os.path.normpath(report_folder / name))
        record = by_digest.get(content_digest(path), {})
        ours = path.resolve().is_relative_to(REPOSITORY) and not record
        shown = path.resolve().relative_to(REPOSITORY) if ours else path
        sources[name] = {
            "path": shown.as_posix(),
            "rule": record.get("rule"),
            "commit": record.get("commit"),
            "in_repository": ours and shown.parts[0] == "config",
        }
    return sources


def _rule_file(rule: str) -> Path:
    return next(file for file in sorted((REPOSITORY / "rules").glob("*.smk")) if f"rule {rule}:" in file.read_text())


def _shown(path: Path) -> str:
    return path.relative_to(REPOSITORY).as_posix()
