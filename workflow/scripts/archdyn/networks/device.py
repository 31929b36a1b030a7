"""Which device a job computes on, how it does arithmetic there, and locks that spread local jobs over the GPUs."""

import os
import tempfile
from pathlib import Path

from filelock import FileLock, Timeout

from archdyn.errors import ArchdynError

NOTHING_VISIBLE = {"", "-1", "NoDevFiles"}  # the last is what Slurm says to a job without a GPU
_held: list[FileLock] = []  # released by the operating system when the job's process ends


def has_gpu() -> bool:
    """Whether this machine has an NVIDIA device, asked without importing torch."""
    if os.environ.get("CUDA_VISIBLE_DEVICES") in NOTHING_VISIBLE:
        return False
    return any(Path("/dev").glob("nvidia[0-9]*"))


def pick_device(setting: str, threads: int, precision: str = "float32"):
    """Return the torch.device for `setting` (auto, cuda or cpu); a GPU is locked for this process.

    On a GPU, `precision` tf32 lets matrix products and convolutions of float32 round to TF32, and any other keeps them
    in float32. Raises ArchdynError when a GPU is asked for or in the machine, and cannot be used.
    """
    import torch

    torch.set_num_threads(threads)
    if setting == "cpu" or (setting == "auto" and not has_gpu() and not torch.cuda.is_available()):
        return torch.device("cpu")
    os.environ["CUBLAS_WORKSPACE_CONFIG"] = ":4096:8"  # sums in one order; read when CUDA starts
    device = _locked_gpu(setting)
    _set_arithmetic(precision)
    return device


def arithmetic(device) -> dict | None:
    """How a torch.device that is a GPU does arithmetic, for the record; None on the processor."""
    if device.type != "cuda":
        return None
    import torch

    return {
        "tf32_matmul": torch.backends.cuda.matmul.allow_tf32,
        "tf32_convolution": torch.backends.cudnn.allow_tf32,
        "cudnn_deterministic": torch.backends.cudnn.deterministic,
        "cublas_workspace": os.environ.get("CUBLAS_WORKSPACE_CONFIG"),
    }


def device_name(device) -> str:
    """`cpu`, or the name of the GPU: another model of GPU may round otherwise."""
    import torch

    return torch.cuda.get_device_name(device) if device.type == "cuda" else device.type


def lock_first_free(names: list[str], folder: Path) -> int:
    """Lock the first free of the devices `names` and return its index; where all are taken, jobs share them."""
    for index, name in enumerate(names):
        if lock := _taken(name, folder):
            _held.append(lock)
            return index
    return os.getpid() % len(names)


def _taken(name: str, folder: Path) -> FileLock | None:
    """The lock of that name, or None where another has it."""
    # Every user has locks of their own: Linux lets nobody open another's file in /tmp for writing.
    lock = FileLock(folder / f"archdyn-{os.getuid()}-gpu-{name}.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return None
    return lock


def _locked_gpu(setting: str):
    """A GPU that no other local job holds, tried out.

    Slurm shows a job of its own the one GPU that it asked for. Where several are visible, in an allocation as much as
    without Slurm, nobody has shared them out yet. They are told apart by UUID, since numbers start anew in every
    allocation.
    """
    import torch

    tried = "the GPU"
    try:
        torch.cuda.init()
        count = torch.cuda.device_count()
        uuids = [str(torch.cuda.get_device_properties(index).uuid) for index in range(count)]
        device = torch.device("cuda", lock_first_free(uuids, Path(tempfile.gettempdir())))
        capability = ".".join(map(str, torch.cuda.get_device_capability(device)))
        tried = f"{device_name(device)} (compute capability {capability})"
        torch.cuda.set_device(device)
        torch.ones(1, device=device).item()  # a card that this torch has no code for shows only here
    except (RuntimeError, AssertionError) as error:  # the latter from a torch that was built without CUDA
        reason = (str(error).splitlines() or [type(error).__name__])[0].rstrip(". ")
        built_for = f"torch {torch.__version__} has code for {', '.join(torch.cuda.get_arch_list()) or 'no GPU'}"
        message = f"device: {setting}, but {tried} cannot be used: {reason} ({built_for}); allowed: device=cpu"
        raise ArchdynError(message) from error
    return device


def _set_arithmetic(precision: str) -> None:
    """Leave nothing to torch's defaults, which round convolutions to TF32 but not matrix products."""
    import torch

    torch.backends.cuda.matmul.allow_tf32 = precision == "tf32"
    torch.backends.cudnn.allow_tf32 = precision == "tf32"
    torch.backends.cudnn.deterministic = True
    torch.backends.cudnn.benchmark = False
