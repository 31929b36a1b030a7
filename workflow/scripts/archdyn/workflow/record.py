"""The record that every job leaves beside its output: of which rule, from which files, by which code, on which machine.

Jobs ask for all of it before they work, but for time and memory. What git says is optional: without git, or outside of
a clone, commit and address are unknown.
"""

import json
import os
import platform
import re
import resource
import subprocess
import sys
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path

from archdyn.errors import ArchdynError
from archdyn.networks.device import arithmetic, device_name
from archdyn.workflow.files import content_digest, walk
from archdyn.workflow.fingerprint import SCRIPTS

REPOSITORY = SCRIPTS.parents[1]
RESULTS = "results"
RECORD = "provenance.json"  # how the names of records end
DIGESTS = ("inputs", "outputs", "paths")  # what a record says of files
CPUINFO = Path("/proc/cpuinfo")
PACKAGES = ("snakemake", "numpy", "scipy", "pandas", "scikit-learn", "matplotlib", "torch", "safetensors")
# https://[user:password@]host/owner/name[.git] or git@host:owner/name[.git]
WEB_REMOTE = re.compile(r"(https://([^/@]+@)?|git@)(?P<host>[^/:]+\.[^/:]+)[/:](?P<path>[^:]+?)(\.git)?/?")


@dataclass(frozen=True)
class Record:
    """A record and its place. Paths in it are relative: of inputs to `folder`, of outputs to the record itself."""

    path: Path  # absolute
    facts: dict
    folder: Path  # where Snakemake ran

    def inputs(self) -> dict[Path, str]:
        """The digests of its inputs by their absolute paths."""
        return {
            absolute(self.folder / self._of_this_run(name)): digest for name, digest in self.facts["inputs"].items()
        }

    def outputs(self) -> dict[Path, str]:
        """The digests of its outputs by their absolute paths."""
        paths = self.facts["paths"]
        return {absolute(self.path.parent / paths[name]): digest for name, digest in self.facts["outputs"].items()}

    def _of_this_run(self, name: str) -> Path:
        """A record that Snakemake's cache served may be of another run, whose files have the same places."""
        path = Path(name)
        own = self.path.relative_to(self.folder).parts
        if path.parts[:1] == own[:1] == (RESULTS,):
            return Path(RESULTS, own[1], *path.parts[2:])
        return path


def machine(device=None) -> dict:
    """Commit, versions and hardware; `device` is the torch.device that the job computes on, None for one without."""
    return {
        "device": str(device or "cpu"),
        "arithmetic": device and arithmetic(device),
        "commit": commit(),
        "python": platform.python_version(),
        "packages": _versions(),
        # The GPU that the job computes on, not one that is merely visible.
        "hardware": {"cpu": _processor(), "cores": _cores(), "gpu": device_name(device) if _is_gpu(device) else None},
    }


def write_record(path: Path, facts: dict, device=None) -> None:
    """Write `facts` (rule, wildcards, params, seed, `machine`, ...) and the memory that the process took, as JSON."""
    record = facts | {"peak_memory_mib": _peak_memory_mib(device)}
    path.write_text(json.dumps(record, indent=2, default=str) + "\n", encoding="utf-8")


def read_records(run: Path) -> list[Record]:
    """The records of a run's folder (FOLDER/results/<run>), and those of the data and weights in FOLDER/resources.

    Raises ArchdynError for a file that is no record, and for a folder that cannot be read.
    """
    run = absolute(run)
    folder = run.parents[1]
    files = [path for place in (run, folder / "resources") for path in walk(place) if path.name.endswith(RECORD)]
    found = ((path, read_record(path)) for path in files)
    return [Record(path, facts, folder) for path, facts in found if facts is not None]


def read_record(path: Path) -> dict | None:
    """What a record says; None where it has just gone, since its job runs again beside this one.

    Raises ArchdynError for a file that is no record.
    """
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise ArchdynError(f"{path}: not a record ({error}); delete it, and the next run makes it again") from error
    if not isinstance(facts, dict) or not all(isinstance(facts.get(name), dict) for name in DIGESTS):
        raise ArchdynError(f"{path}: not a record; delete it, and the next run makes it again")
    return facts


def within(records: list[Record], folders: list[Path]) -> list[Record]:
    """Those that stand in one of these folders."""
    places = [absolute(folder) for folder in folders]
    return [record for record in records if any(record.path.is_relative_to(place) for place in places)]


def behind(paths: Iterable[Path], records: list[Record]) -> list[Record]:
    """The records of the jobs that made these files, of those that made their inputs, and so on."""
    makers = {path: record for record in records for path in record.outputs()}
    found: dict[Path, Record] = {}
    waiting = list(paths)
    while waiting:
        record = makers.get(absolute(waiting.pop()))
        if record and record.path not in found:
            found[record.path] = record
            waiting += record.inputs()
    return list(found.values())


def absolute(path: Path | str) -> Path:
    """An absolute path without `..`; links stay, for those of Snakemake's cache lead to entries of other names."""
    return Path(os.path.normpath(Path(path).absolute()))


def commit() -> str:
    """The git commit of the workflow, with `-dirty` for local changes; "unknown" outside git."""
    return _git("describe", "--always", "--dirty", "--abbrev=40", "--exclude=*") or "unknown"


def commit_date() -> str:
    """The day of the commit, as 2026-11-26; "undated" outside git."""
    return _git("show", "-s", "--format=%cs") or "undated"


def repository() -> str | None:
    """The web address of the git remote `origin`, without credentials; None where there is none."""
    found = WEB_REMOTE.fullmatch(_git("remote", "get-url", "origin"))
    return f"https://{found['host']}/{found['path']}" if found else None


def introduced(text: str, folder: str) -> str | None:
    """The commit that brought `text` into a file of the repository's `folder`; None where none has, or outside git."""
    return next(iter(_git("log", "--reverse", "--format=%h", f"-S{text}", "--", folder).split()), None)


def origin(output: Path) -> dict:
    """Which rule, script and modules made a figure or table, at which commit; paths are relative to the repository."""
    record = read_record(output.with_suffix(f".{RECORD}"))
    script, *modules = sorted((SCRIPTS / file for file in record["modules"]), key=lambda file: file.parent != SCRIPTS)
    return {
        "rule": record["rule"],
        "rules": "rules/results.smk",
        "script": _shown(script),
        "modules": [_shown(file) for file in modules if file.name != "__init__.py"],
        "commit": record["commit"],
        "inputs": list(record["inputs"]),
        "caption": record["params"]["caption"],
        "label": record["params"]["label"],
    }


def file_sources(names: list[str], folder: Path, records: list[dict]) -> dict[str, dict]:
    """By name as seen from `folder`, where a file is from: its `path`, and rule and commit of the job behind it.

    records: of all jobs, with the digests of their outputs. A file of the repository is of no job.
    """
    by_digest = {digest: record for record in records for digest in record["outputs"].values()}
    sources = {}
    for name in names:
        path = Path(os.path.normpath(folder / name))
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


@cache
def _git(*arguments: str) -> str:
    """What git says of the workflow's own repository; nothing where it is in none, though its folder may be in one."""
    ours = {name: value for name, value in os.environ.items() if name not in ("GIT_DIR", "GIT_WORK_TREE")}
    ours["GIT_CEILING_DIRECTORIES"] = str(REPOSITORY.parent)
    command = ["git", "-C", str(REPOSITORY), *arguments]
    try:
        run = subprocess.run(command, env=ours, capture_output=True, timeout=60, check=True)
    except (OSError, subprocess.SubprocessError):
        return ""
    return run.stdout.decode("utf-8", "replace").strip()


def _versions() -> dict[str, str]:
    """Of those that are installed here; asking for each is ten times as fast as reading all that there are."""
    versions = {}
    for name in PACKAGES:
        with suppress(metadata.PackageNotFoundError):
            versions[name] = metadata.version(name)
    return versions


@cache
def _processor() -> str:
    """Its name by /proc on Linux, by sysctl on macOS, and its kind where neither is there."""
    with suppress(OSError):
        for line in CPUINFO.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    with suppress(OSError):
        sysctl = subprocess.run(["sysctl", "-n", "machdep.cpu.brand_string"], capture_output=True, check=False)
        if named := sysctl.stdout.decode("utf-8", "replace").strip():
            return named
    return platform.processor() or platform.machine()


def _cores() -> int:
    """Those that the process may use; all, where the system does not tell, as on macOS."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def _is_gpu(device) -> bool:
    return device is not None and device.type == "cuda"


def _peak_memory_mib(device) -> dict:
    """Of the process, and on its GPU: what tensors took at once, and what was reserved for them, which has to fit."""
    peaks = {"host": _peak_of_process()}
    if _is_gpu(device):
        import torch

        peaks["gpu"] = torch.cuda.max_memory_allocated(device)
        peaks["gpu_reserved"] = torch.cuda.max_memory_reserved(device)
    return {name: round(size / 1024**2) for name, size in peaks.items()}


def _peak_of_process() -> int:
    """In bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak * (1 if sys.platform == "darwin" else 1024)  # bytes on macOS, kibibytes on Linux


def _shown(path: Path) -> str:
    return path.relative_to(REPOSITORY).as_posix()
