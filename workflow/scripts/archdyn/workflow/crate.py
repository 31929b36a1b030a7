"""A run as an RO-Crate, for a journal, an archive, or a reviewer: what was run, with what, and what came out.

Follows the Workflow Run Crate profile (https://w3id.org/ro/wfrun/workflow/0.5). Models and embeddings stay behind: they
are large, and the records that travel hold their digests.
"""

from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from rocrate.model import ComputationalWorkflow
from rocrate.model.contextentity import ContextEntity
from rocrate.rocrate import ROCrate

from archdyn.errors import ArchdynError
from archdyn.workflow.files import walk
from archdyn.workflow.record import RECORD, REPOSITORY, Record, read_records, repository, within
from archdyn.workflow.verify import with_sources

PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5": "Process Run Crate",
    "https://w3id.org/ro/wfrun/workflow/0.5": "Workflow Run Crate",
    "https://w3id.org/workflowhub/workflow-ro-crate/1.0": "Workflow RO-Crate",
}
BIOSCHEMAS = "https://bioschemas.org/profiles/ComputationalWorkflow/1.0-RELEASE"
MAINTAINERS = {"@type": "Organization", "name": "The archdyn maintainers"}
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


def write_crate(run: Path, output: Path) -> None:
    """Write the run in the folder `run` (results/<run>) as an RO-Crate, into the zip file `output`.

    Raises ArchdynError when it has no records, or the file's name does not end in .zip.
    """
    if output.suffix != ".zip":
        raise ArchdynError(f"{output}: found another ending; allowed: a name that ends in .zip")
    _crate(run, [run], read_records(run)).write_zip(output)


def crate_metadata(run: Path, folders: list[Path], records: list[Record]) -> dict:
    """What the crate's own file says, as JSON-LD, of these folders of the run, by all its `records`."""
    return _crate(run, folders, records).metadata.generate()


def _crate(run: Path, folders: list[Path], every: list[Record]) -> ROCrate:
    own = within(every, folders)
    if not own:
        raise ArchdynError(f"{run}: has no *.{RECORD}; allowed: a run that archdyn made")
    crate = ROCrate(version="1.1")  # the version that the profiles below build on
    _describe(crate, run, own)
    workflow = _add_workflow(crate)
    settings = _files(crate, REPOSITORY, [REPOSITORY / name for name in WORKFLOW])
    found = [path for folder in folders for path in walk(folder) if travels(path, run)]
    results = _files(crate, run.parent, found)
    of_resources = [record for record in with_sources(own, every) if record not in own]
    results += _files(crate, own[0].folder, [record.path for record in of_resources])
    _add_action(crate, run, workflow, settings, results, own)
    return crate


def _describe(crate: ROCrate, run: Path, records: list[Record]) -> None:
    made = _time(max(record.path.stat().st_mtime for record in records))
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
    } | ({"url": address} if (address := repository()) else {})
    return crate.add_workflow(REPOSITORY / "Snakefile", "Snakefile", main=True, lang="snakemake", properties=properties)


def _files(crate: ROCrate, root: Path, paths: list[Path]) -> list:
    """Add files, and all files of folders, under their paths as seen from `root`."""
    found = [file for path in paths for file in ([path] if path.is_file() else walk(path))]
    kept = [file for file in found if "__pycache__" not in file.parts]
    return [crate.add_file(file, file.relative_to(root).as_posix(), properties=_properties(file)) for file in kept]


def _properties(file: Path) -> dict:
    about = {"about": {"@id": "./"}} if file == REPOSITORY / "README.md" else {}
    return about | {
        "name": file.name,
        "contentSize": str(file.stat().st_size),
        "encodingFormat": MEDIA.get(file.suffix, "text/plain"),
    }


def travels(path: Path, run: Path) -> bool:
    """Whether a file of a run goes into its crate."""
    parts = path.relative_to(run).parts
    return path.name.endswith(f".{RECORD}") or bool(set(RESULTS) & set(parts[:-1]))


def _add_action(crate: ROCrate, run: Path, workflow, settings: list, results: list, records: list[Record]) -> None:
    ends = [record.path.stat().st_mtime for record in records]
    began = min(end - record.facts["wall_s"] for end, record in zip(ends, records, strict=True))
    commits = ", ".join(sorted({record.facts["commit"] for record in records}))
    properties = {
        "@type": "CreateAction",
        "name": f"snakemake, run {run.name}",
        "description": f"{len(records)} jobs, at {commits}",
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
