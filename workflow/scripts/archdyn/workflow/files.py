"""Files and folders alike: what they hold, and how they go."""

import hashlib
import shutil
from pathlib import Path


def content_digest(path: Path) -> str:
    """sha256 of a file, or of a folder's visible files with their names; Snakemake marks folders with hidden ones."""
    if not path.is_dir():
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    digest = hashlib.sha256()
    for file in visible_files(path):
        digest.update(f"{file.relative_to(path)}\n{content_digest(file)}\n".encode())
    return digest.hexdigest()


def visible_files(path: Path) -> list[Path]:
    """A file itself, or all files under a folder, sorted, without hidden ones."""
    if not path.is_dir():
        return [path]
    return sorted(file for file in path.rglob("*") if file.is_file() and not file.name.startswith("."))


def remove(path: Path) -> None:
    """Remove a file, a link or a folder; nothing there is fine."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
