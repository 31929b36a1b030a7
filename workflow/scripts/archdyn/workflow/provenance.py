"""The record that every job leaves beside its output."""

import json
import os
import platform
import resource
import sys
from contextlib import suppress
from importlib import metadata
from pathlib import Path

from archdyn.networks.device import arithmetic, device_name
from archdyn.workflow.git import commit

PACKAGES = ("snakemake", "numpy", "scipy", "pandas", "scikit-learn", "matplotlib", "torch", "safetensors")


def write_provenance(path: Path, device=None, **facts) -> None:
    """Write `facts` (rule, wildcards, params, seed, wall_s, ...) and the machine they held on as JSON.

    `device` is the torch.device of the job; None for one that has none.
    """
    record = {
        **facts,
        "device": str(device or "cpu"),
        "arithmetic": device and arithmetic(device),
        "commit": commit(),
        "python": platform.python_version(),
        "packages": _versions(),
        "hardware": hardware(device),
        "peak_memory_mib": _peak_memory_mib(device),
    }
    path.write_text(json.dumps(record, indent=2, default=str) + "\n")


def hardware(device=None) -> dict:
    """The processor, its cores, and the GPU where the job's torch.device is one, not where one is merely visible."""
    gpu = device_name(device) if _on_gpu(device) else None
    return {"cpu": _cpu_model(), "cores": _usable_cores(), "gpu": gpu}


def _versions() -> dict[str, str]:
    """Of those that are installed here; asking for each is ten times as fast as reading all that there are."""
    versions = {}
    for name in PACKAGES:
        with suppress(metadata.PackageNotFoundError):
            versions[name] = metadata.version(name)
    return versions


def _cpu_model() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def _on_gpu(device) -> bool:
    return device is not None and device.type == "cuda"


def _peak_memory_mib(device) -> dict:
    """Of the process, and on its GPU: what tensors took at once, and what was reserved for them, which has to fit."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    unit = 1024 if sys.platform != "darwin" else 1024**2  # kibibytes on Linux, bytes on macOS
    return {"host": round(peak / unit)} | (_peak_on_gpu_mib(device) if _on_gpu(device) else {})


def _peak_on_gpu_mib(device) -> dict:
    import torch

    peaks = {"gpu": torch.cuda.max_memory_allocated(device), "gpu_reserved": torch.cuda.max_memory_reserved(device)}
    return {name: round(size / 1024**2) for name, size in peaks.items()}


def _usable_cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
