"""Which rule, script and modules made an output, at which commit, from which files: read from its record."""

import json
from pathlib import Path

from archdyn.errors import ArchdynError
from archdyn.pipeline.fingerprint import SCRIPTS, code_files

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
    script, *modules = sorted(code_files(record["script"]), key=lambda file: file.parent != SCRIPTS)
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


def _rule_file(rule: str) -> Path:
    return next(file for file in sorted((REPOSITORY / "rules").glob("*.smk")) if f"rule {rule}:" in file.read_text())


def _shown(path: Path) -> str:
    return path.relative_to(REPOSITORY).as_posix()
