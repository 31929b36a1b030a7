"""Inputs that were replaced by older files since a job read them, which Snakemake, going by dates, does not notice.

A restored backup, `cp -p` and `rsync -a` set a file's date of modification (mtime), but nobody can set that of its
change (ctime). Only what changed after a job left its record is read again, and once.
"""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from archdyn.pipeline.files import content_digest, visible_files
from archdyn.pipeline.record import Record, read_records


def redate_replaced(run: Path, say: Callable[[str], None]) -> None:
    """Give the replaced inputs of the jobs of a run, and of its data, the date of today: Snakemake then reads them."""
    for record in read_records(run):
        changed = {path: digest for path, digest in _inputs(record).items() if _changed_since(record, path)}
        replaced = [path for path, digest in changed.items() if content_digest(path) != digest]
        for path in replaced:
            _redate(path, record, say)
        if changed and not replaced:
            with suppress(PermissionError):  # somebody else's
                _mark_as_read(record.path)


def _inputs(record: Record) -> dict[Path, str]:
    return record.inputs() if record.has_digests else {}


def _changed_since(record: Record, path: Path) -> bool:
    """Whether a file changed after a job left its record, and bears an older date, by which Snakemake would go."""
    if not path.exists():
        return False
    left, found = record.path.stat(), [part.stat() for part in (path, *visible_files(path))]
    return any(part.st_ctime_ns > left.st_ctime_ns and part.st_mtime_ns <= left.st_mtime_ns for part in found)


def _redate(path: Path, record: Record, say: Callable[[str], None]) -> None:
    replaced = f"{os.path.relpath(path)} is not what {record.facts['rule']} read"
    try:
        for part in (path, *visible_files(path)):
            os.utime(part)
    except PermissionError as error:
        say(f"{replaced} and cannot be given a new date ({error.strerror}); run --forcerun {record.facts['rule']}")
    else:
        say(f"{replaced}; what was made from it is made again")


def _mark_as_read(record: Path) -> None:
    """Its ctime becomes that of now, its dates stay."""
    dates = record.stat()
    os.utime(record, ns=(dates.st_atime_ns, dates.st_mtime_ns))
