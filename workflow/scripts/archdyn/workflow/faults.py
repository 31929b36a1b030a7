"""Faults that a user can mend, in one line each that says what and where."""

import ctypes
import errno
import os
import shlex
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil

from archdyn.errors import ArchdynError

FULL = {errno.ENOSPC, errno.EDQUOT}
PR_SET_PDEATHSIG = 1
POLL_S = 1.0
OUT_OF_GPU_MEMORY = (
    "CUDA error: out of memory",
    "CUDA driver error: out of memory",
    "CUBLAS_STATUS_ALLOC_FAILED",
    "CUDNN_STATUS_ALLOC_FAILED",
)
SIZES = ("embedding_batch", "batch_size")  # of batches; a job that has both embeds by a network that is trained


def explained(error: BaseException, rule: str, params: dict, folder: Path) -> str | None:
    """One line on `error` in a job that writes to `folder`; None for a fault of the code, which needs its traceback."""
    if isinstance(error, ArchdynError):
        return str(error)
    if any(_is_out_of_gpu_memory(link) for link in _chain(error)):
        return f"out of GPU memory: {_what_to_lower(rule, params)}free the GPU, or run with --config device=cpu"
    if isinstance(error, MemoryError) or "DefaultCPUAllocator: can't allocate memory" in str(error):  # numpy's, torch's
        return f"out of memory: {_what_to_lower(rule, params)}run fewer jobs at a time, or on a larger machine"
    if isinstance(error, OSError) and (error.errno in FULL or _is_short_write(error)):
        return f"{folder}: no space left ({error})"
    if isinstance(error, OSError):
        return f"{error.filename or folder}: {error.strerror}" if error.errno else " ".join(str(error).split())
    return None


def check_interpreter(path: str) -> None:
    """End Snakemake in one line when it could start no job: it does not quote the path of its Python for the shell."""
    if shlex.quote(path) != path:
        sys.exit(f"environment error: {path!r} has a space or another special character, which Snakemake cannot run")


def pass_on_sigterm() -> None:
    """Have Snakemake hand a SIGTERM on to its jobs; by itself it lets them run to their end, however long.

    To be called when the scheduler stands, whose own handler begins the exit.
    """
    begin_exit = signal.getsignal(signal.SIGTERM)

    def stop(number, frame) -> None:
        begin_exit(number, frame)
        for process in psutil.Process().children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                process.terminate()

    signal.signal(signal.SIGTERM, stop)


def end_with_parent() -> None:
    """Have a SIGTERM sent when Snakemake is killed: left alone, a job would go on writing beside the next run's.

    Linux sends it itself; elsewhere a thread asks for the parent every POLL_S seconds.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    else:
        threading.Thread(target=_end_without, args=[os.getppid()], daemon=True).start()


def _end_without(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(POLL_S)
    os.kill(os.getpid(), signal.SIGTERM)


def _is_short_write(error: OSError) -> bool:
    """NumPy gives no errno when a file could not be written to its end."""
    return error.errno is None and "requested and" in str(error)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """An error and those that it arose from: a lack of memory while a CUDA graph is captured ends in another error."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _is_out_of_gpu_memory(error: BaseException) -> bool:
    """By name, which is torch's, and by the texts of CUDA and its libraries, since not every job imports torch."""
    return type(error).__name__ == "OutOfMemoryError" or any(text in str(error) for text in OUT_OF_GPU_MEMORY)


def _what_to_lower(rule: str, params: dict) -> str:
    """The first of SIZES that stands among the params."""
    for size in SIZES:
        for block in _blocks(params):
            if size in block:
                return f"lower {size} ({block[size]} for {rule}) in the config, "
    return ""


def _blocks(params: dict) -> Iterator[dict]:
    """The params, and every block inside of them."""
    yield params
    for value in params.values():
        if isinstance(value, dict):
            yield from _blocks(value)
