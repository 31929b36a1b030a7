"""A run as an RO-Crate, for a journal, an archive, or a reviewer: what was run, with what, and what came out.

Follows the Workflow Run Crate profile (https://w3id.org/ro/wfrun/workflow/0.5). Models and embeddings stay behind: they
are large, and the records that travel hold their digests.
"""

import json
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from rocrate.model import ComputationalWorkflow
from rocrate.model.contextentity import ContextEntity
from rocrate.rocrate import ROCrate

from archdyn.errors import ArchdynError
from archdyn.workflow.audited import within
from archdyn.workflow.git import repository
from archdyn.workflow.origin import REPOSITORY
from archdyn.workflow.record import absolute, read_records
from archdyn.workflow.verify import with_sources

PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5": "Process Run Crate",
    "https://w3id.org/ro/wfrun/workflow/0.5": "Workflow Run Crate",
    "https://w3id.org/workflowhub/workflow-ro-crate/1.0": "Workflow RO-Crate",
}
BIOSCHEMAS = "https://bioschemas.org/profiles/ComputationalWorkflow/1.0-RELEASE"
MAINTAINERS = {"@type": "Organization", "name": "The archdyn maintainers"}
METADATA = "ro-crate-metadata.json"  # in every crate
LICENCE = "https://spdx.org/licenses/MIT"
# Of the project: what a reader needs to see how a number was made, and to make it again.
WORKFLOW = ("rules", "workflow", "config", "envs", "requirements.lock", "LICENSE", "CITATION.cff", "README.md")
RESULTS = ("metrics", "figures", "tables", "audit")
MEDIA = {
    ".csv": "text/csv",
    ".html": "text/html",
    ".json": "application/json",
    ".md": "text/markdown",
    ".npy": "application/octet-stream",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".tex": "application/x-tex",
    ".yaml": "application/yaml",
}


def write_crate(run: Path, output: Path, parts: tuple[str, ...] = (".",)) -> None:
    """Write `parts` of the run in the folder `run` (results/<run>) as an RO-Crate, into the zip file `output`.

    Raises ArchdynError when they have no records, or the file's name does not end in .zip.
    """
    folders = [run / part for part in parts]
    if output.suffix != ".zip":
        raise ArchdynError(f"{output}: found another ending; allowed: a name that ends in .zip")
    records = sorted(path for folder in folders for path in folder.rglob("*.provenance.json"))
    if not records:
        raise ArchdynError(f"{run}: has no *.provenance.json; allowed: a run that archdyn made")
    crate = ROCrate(version="1.1")  # the version that the profiles below build on
    _describe(crate, run, records)
    workflow = _add_workflow(crate)
    settings = _files(crate, REPOSITORY, [REPOSITORY / name for name in WORKFLOW])
    inside = [path for folder in folders for path in folder.rglob("*") if path.is_file() and travels(path, run)]
    results = _files(crate, run.parent, inside)
    results += _files(crate, absolute(run).parents[1], _records_of_resources(run, folders))
    _add_action(crate, run, workflow, settings, results, records)
    crate.write_zip(output)


def _describe(crate: ROCrate, run: Path, records: list[Path]) -> None:
    made = _time(max(record.stat().st_mtime for record in records))
    crate.name = f"archdyn, run {run.name}"
    crate.description = (
        "An audit of the report Exploring Deep Learning Architectures and Dynamics: "
        f"metrics, figures, tables and verdicts of the run {run.name}, with the record of every job."
    )
    crate.datePublished = made
    crate.license = crate.add(ContextEntity(crate, LICENCE, {"@type": "CreativeWork", "name": "MIT License"}))
    maintainers = crate.add(ContextEntity(crate, "#maintainers", MAINTAINERS))
    crate.root_dataset["author"] = crate.publisher = maintainers
    profiles = [
        crate.add(ContextEntity(crate, uri, {"@type": "CreativeWork", "name": name, "version": uri.rsplit("/", 1)[1]}))
        for uri, name in PROFILES.items()
    ]
    crate.root_dataset["conformsTo"] = profiles


def _add_workflow(crate: ROCrate) -> ComputationalWorkflow:
    profile = crate.add(ContextEntity(crate, BIOSCHEMAS, {"@type": "CreativeWork", "name": "ComputationalWorkflow"}))
    properties = {
        "name": "archdyn",
        "version": version("archdyn"),
        "license": crate.license,
        "encodingFormat": "text/plain",
        "conformsTo": profile,
    } | ({"url": repository()} if repository() else {})
    return crate.add_workflow(REPOSITORY / "Snakefile", "Snakefile", main=True, lang="snakemake", properties=properties)


def _files(crate: ROCrate, root: Path, paths: list[Path]) -> list:
    """Add files, and all files of folders, under their paths as seen from `root`."""
    found = [file for path in paths for file in ([path] if path.is_file() else sorted(path.rglob("*")))]
    kept = [file for file in found if file.is_file() and "__pycache__" not in file.parts]
    return [crate.add_file(file, file.relative_to(root).as_posix(), properties=_properties(file)) for file in kept]


def _properties(file: Path) -> dict:
    about = {"about": {"@id": "./"}} if file == REPOSITORY / "README.md" else {}
    return about | {
        "name": file.name,
        "contentSize": str(file.stat().st_size),
        "encodingFormat": MEDIA.get(file.suffix, "text/plain"),
    }


def _records_of_resources(run: Path, folders: list[Path]) -> list[Path]:
    """Of the data and the weights that what these folders of a run hold is made from."""
    every = read_records(run)
    own = within(every, folders)
    return [record.path for record in with_sources(own, every) if record not in own]


def travels(path: Path, run: Path) -> bool:
    """Whether a file of a run goes into its crate."""
    parts = path.relative_to(run).parts
    return path.name.endswith(".provenance.json") or bool(set(RESULTS) & set(parts[:-1]))


def _add_action(crate: ROCrate, run: Path, workflow, settings: list, results: list, records: list[Path]) -> None:
    read = [json.loads(record.read_text()) for record in records]
    ends = [record.stat().st_mtime for record in records]
    began = min(end - record["wall_s"] for end, record in zip(ends, read, strict=True))
    commits = ", ".join(sorted({record["commit"] for record in read}))
    properties = {
        "@type": "CreateAction",
        "name": f"snakemake, run {run.name}",
        "description": f"{len(read)} jobs, at {commits}",
        "startTime": _time(began),
        "endTime": _time(max(ends)),
        "actionStatus": "http://schema.org/CompletedActionStatus",
        "instrument": workflow,
        "object": settings,
        "result": results,
    }
    action = crate.add(ContextEntity(crate, f"#run-{run.name}", properties))
    crate.root_dataset["mentions"] = action


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
