"""The dataset registry (config/datasets.yaml), and what the rule files ask about datasets while they plan.

Snakemake imports this module on every start, so it needs nothing but PyYAML.
"""

import hashlib
import re
import shutil
from functools import cache
from pathlib import Path

import yaml

from archdyn.data import folders

REGISTRY = Path(__file__).resolve().parents[4] / "config" / "datasets.yaml"
MISSING = Path("resources/missing")
RAW = Path("resources/raw")
LISTINGS = Path("resources/listings")


@cache
def load() -> dict[str, dict]:
    """The registry's entries by name; config/datasets.yaml explains their keys."""
    return yaml.safe_load(REGISTRY.read_text(encoding="utf-8"))["datasets"]


def downloadable() -> list[str]:
    """Names of the datasets that come from sources."""
    return [name for name, entry in load().items() if entry["kind"] != "synthetic"]


def wanted(entry: dict) -> list[list[dict]]:
    """The files that an entry needs, each with its sources; of a list of several, any one will do."""
    if "one_of" in entry:
        return [entry["one_of"]]
    return [[file | {"sources": entry["sources"]}] for file in entry["files"].values()]


def contents(entry: dict) -> dict | list[dict]:
    """What the files of an entry hold, by role or as alternatives, whatever their sources."""
    if "one_of" in entry:
        return [{key: value for key, value in file.items() if key != "sources"} for file in entry["one_of"]]
    return entry["files"]


def source_label(source: dict, file: str) -> str:
    """A source of a file, in words, with its address."""
    if "url" in source:
        return source["url"].format(name=file)
    if "hub" in source:
        return f"{source['hub']}@{source['commit'][:7]}/{file} on the hub"
    ((client, package),) = ((key, value) for key, value in source.items() if key != "folder")
    return f"{client} package {package}"


def of_kind(*kinds: str) -> list[str]:
    """Names of the datasets of these kinds."""
    return [name for name, entry in load().items() if entry["kind"] in kinds]


def selectable() -> list[str]:
    """Names of what an experiment may be run on: images with labels."""
    return [name for name, entry in load().items() if entry["kind"] != "photos"]


def photos(name: str) -> dict[str, str]:
    """The files of an entry of photos, by what is on them."""
    return {shown: file["name"] for shown, file in load()[name]["files"].items()}


def dataset_id(spec: str | dict) -> str:
    """The folder name of a dataset under resources/datasets.

    A registry name stands for itself; `{imagefolder: PATH, size: 28, channels: 1}` gets a name that changes
    with the folder's absolute path, the size and the channels.
    """
    if isinstance(spec, str):
        return spec
    folder = Path(spec["imagefolder"]).expanduser().resolve()
    slug = re.sub(r"[^a-z0-9]+", "-", folder.name.lower()).strip("-") or "images"
    digest = hashlib.sha256(f"{folder}\n{spec['size']}\n{spec['channels']}".encode()).hexdigest()
    return f"imagefolder-{slug}-{digest[:8]}"


def description(spec: str | dict) -> dict[str, str]:
    """Name, title, licence and citation of a dataset; of a user's image folder only what there is to say."""
    name = dataset_id(spec)
    if not isinstance(spec, str):
        return {"name": name, "title": "a folder of images", "licence": "the user's", "citation": "none"}
    return {"name": name} | {key: load()[spec][key] for key in ("title", "licence", "citation")}


def image_folders(config: dict) -> dict[str, dict]:
    """Every image folder named anywhere in the config, by dataset_id."""
    found = {}
    waiting = [config]
    while waiting:
        node = waiting.pop()
        if isinstance(node, list):
            waiting += node
        elif isinstance(node, dict) and "imagefolder" in node:
            found[dataset_id(node)] = node
        elif isinstance(node, dict):
            waiting += node.values()
    return found


def folder_digest(spec: dict) -> str:
    """A hex digest over all that is read of an image folder, by content. Raises ArchdynError as `folders.listed`."""
    known = LISTINGS / f"{dataset_id(spec)}.json"
    return folders.content_digest(folders.listed(Path(spec["imagefolder"]).expanduser()), known)


def image_counts(spec: str | dict) -> dict[str, dict[str, int]]:
    """How many images there are, by split and class. Raises ArchdynError for a folder that is not of images."""
    if isinstance(spec, dict):
        return folders.counts(folders.listed(Path(spec["imagefolder"]).expanduser()))
    entry = load()[spec]
    classes = entry["classes"]
    return {split: dict.fromkeys(classes, n // len(classes)) for split, n in entry["images"].items()}


def forget_incomplete() -> list[str]:
    """Remove the folders of raw files that lack one, and return them.

    Snakemake looks at the folder alone, and would not fetch a lost file again.
    """
    found = []
    for name, entry in load().items():
        folder = RAW / name
        if folder.is_dir() and not _is_complete(folder, entry):
            folder.unlink() if folder.is_symlink() else shutil.rmtree(folder)
            found.append(str(folder))
    return found


def _is_complete(folder: Path, entry: dict) -> bool:
    if "one_of" in entry:
        return any((folder / file["name"]).is_file() for file in entry["one_of"])
    return all((folder / file["name"]).is_file() for file in entry["files"].values())


def missing_report() -> str:
    """What download jobs wrote about data they could not get; empty when nothing is missing."""
    return "\n".join(note.read_text(encoding="utf-8") for note in sorted(MISSING.glob("*.txt")))


def forget_missing() -> None:
    """Drop the notes of earlier runs, which may have wanted other datasets."""
    for note in MISSING.glob("*.txt"):
        note.unlink(missing_ok=True)
