"""Which device a job computes on, and a lock that keeps two local jobs off one GPU."""

import os
import tempfile
import time
from pathlib import Path

from filelock import FileLock, Timeout

from archdyn.errors import ArchdynError

_held: list[FileLock] = []  # released by the operating system when the job's process ends


def has_gpu() -> bool:
    """Whether this machine has an NVIDIA device, asked without importing torch."""
    if os.environ.get("CUDA_VISIBLE_DEVICES") == "":
        return False
    return any(Path("/dev").glob("nvidia[0-9]*"))


def pick_device(setting: str, threads: int):
    """Return the torch.device for `setting` (auto, cuda or cpu); a GPU is locked for this process.

    Raises ArchdynError when `cuda` is asked for and there is none.
    """
    import torch

    torch.set_num_threads(threads)
    if setting == "cpu" or (setting == "auto" and not torch.cuda.is_available()):
        return torch.device("cpu")
    if not torch.cuda.is_available():
        raise ArchdynError("device: cuda was asked for, but torch finds no CUDA device; allowed here: auto, cpu")
    index = _claim_visible_device(torch.cuda.device_count())
    torch.cuda.set_device(index)
    return torch.device("cuda", index)


def _claim_visible_device(count: int) -> int:
    """Index of a device that no other local job holds. Slurm hands out devices itself; one device is shared."""
    if count == 1 or "SLURM_JOB_ID" in os.environ:
        return 0
    names = os.environ.get("CUDA_VISIBLE_DEVICES", ",".join(map(str, range(count)))).split(",")
    return claim(names, Path(tempfile.gettempdir()))


def claim(names: list[str], folder: Path, poll_s: float = 0.5) -> int:
    """Lock the first free of the devices `names` and return its index; wait while all are taken."""
    while True:
        for index, name in enumerate(names):
            lock = FileLock(folder / f"archdyn-gpu-{name.strip()}.lock", mode=0o666)
            try:
                lock.acquire(timeout=0)
            except Timeout:
                continue
            _held.append(lock)
            return index
        time.sleep(poll_s)
