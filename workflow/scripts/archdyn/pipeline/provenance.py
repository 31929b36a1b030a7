"""The record that every job leaves beside its output."""

import json
import os
import platform
import re
import resource
import subprocess
import sys
from importlib import metadata
from pathlib import Path

from archdyn.pipeline.origin import REPOSITORY

# https://[user:password@]host/owner/name[.git] or git@host:owner/name[.git]
WEB_REMOTE = re.compile(r"(https://([^/@]+@)?|git@)(?P<host>[^/:]+\.[^/:]+)[/:](?P<path>[^:]+?)(\.git)?/?")
GIT = ("git", "-C", str(REPOSITORY))  # results may lie in another project's folder
PACKAGES = ("snakemake", "numpy", "scipy", "pandas", "scikit-learn", "matplotlib", "torch", "safetensors")


def write_provenance(path: Path, **facts) -> None:
    """Write `facts` (rule, wildcards, params, seed, wall_s, ...) and the machine they held on as JSON."""
    record = {
        **facts,
        "commit": commit(),
        "python": platform.python_version(),
        "packages": _versions(),
        "hardware": hardware(),
        "peak_memory_mib": _peak_memory_mib(),
    }
    path.write_text(json.dumps(record, indent=2, default=str) + "\n")


def commit() -> str:
    """The git commit of the workflow, with `-dirty` for local changes; "unknown" outside git."""
    describe = subprocess.run(
        [*GIT, "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"],
        capture_output=True,
        text=True,
        check=False,
    )
    return describe.stdout.strip() or "unknown"


def repository() -> str | None:
    """The web address of the git remote `origin`, without credentials; None where there is none."""
    remote = subprocess.run([*GIT, "remote", "get-url", "origin"], capture_output=True, text=True, check=False)
    found = WEB_REMOTE.fullmatch(remote.stdout.strip())
    return f"https://{found['host']}/{found['path']}" if found else None


def hardware() -> dict:
    """The processor, its cores, and the GPU if torch is in use and sees one."""
    torch = sys.modules.get("torch")
    gpu = torch.cuda.get_device_name() if torch and torch.cuda.is_available() else None
    return {"cpu": _cpu_model(), "cores": _usable_cores(), "gpu": gpu}


def _versions() -> dict[str, str]:
    installed = {distribution.name: distribution.version for distribution in metadata.distributions()}
    return {name: installed[name] for name in PACKAGES if name in installed}


def _cpu_model() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def _peak_memory_mib() -> dict:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    torch = sys.modules.get("torch")
    on_gpu = torch.cuda.max_memory_allocated() if torch and torch.cuda.is_initialized() else None
    unit = 1024 if sys.platform != "darwin" else 1024**2  # kibibytes on Linux, bytes on macOS
    return {"host": round(peak / unit), "gpu": on_gpu and round(on_gpu / 1024**2)}


def _usable_cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
