"""Which sources of the registries live: `python -m archdyn.data.check` asks each for its head, and fetches nothing."""

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import requests

from archdyn.data import backbones, registry
from archdyn.data.packages import run
from archdyn.data.web import Unusable, reason

TIMEOUT = 15  # seconds
PACKAGES = {  # what tells without a download whether a client knows a package
    "npm": ["npm", "view", "{}", "dist.tarball", "--fetch-retries=0", f"--fetch-timeout={TIMEOUT}000"],
    "debian": ["apt-cache", "show", "{}"],
    "pip": [
        *(sys.executable, "-m", "pip", "install", "{}", "--dry-run", "--ignore-installed", "--no-deps", "--quiet"),
        *("--only-binary=:all:", "--retries=0", f"--timeout={TIMEOUT}", "--disable-pip-version-check"),
    ],
}


def entries() -> dict[str, dict]:
    """The registries' entries that have sources, by name: datasets, then the weights of backbones."""
    datasets = {name: registry.load()[name] for name in registry.downloadable()}
    return datasets | {name: backbones.load()[name]["weights"] for name in backbones.downloadable()}


def check(known: dict[str, dict], say: Callable[[str], None] = print) -> bool:
    """Say of each source of each file whether it lives, and otherwise why not; whether all of them do."""
    asked = [(name, file, source) for name, entry in known.items() for file, source in _sources(entry)]
    with ThreadPoolExecutor(8) as pool:
        faults = list(pool.map(lambda row: _fault(*row[1:]), asked))
    for (name, file, source), fault in zip(asked, faults, strict=True):
        label = registry.source_label(source, file["name"])
        say(f"lives  {name}: {label}" if fault is None else f"dead   {name}: {label}: {fault}")
    return not any(faults)


def _sources(entry: dict) -> Iterator[tuple[dict, dict]]:
    """Each file with each of its sources, a package but once."""
    packages = []
    for alternatives in registry.wanted(entry):
        for file in alternatives:
            for source in file["sources"]:
                if "folder" not in source or source not in packages:
                    yield file, source
                packages.append(source)


def _fault(file: dict, source: dict) -> str | None:
    """Why a source would not give the file; None where it would."""
    try:
        size = _size(file, source)
    except Unusable as fault:
        return str(fault)
    except Exception as error:  # noqa: BLE001 (of many libraries, and each is a source's fault)
        return reason(error)
    at_least, at_most = file.get("size", 0), file.get("size") or file.get("at_most", 0)
    is_zipped = "url" in source and source["url"].endswith(".gz") and not file["name"].endswith(".gz")
    if size is None or is_zipped or at_least <= size <= at_most:
        return None
    return f"has {size} bytes; expected: {at_least or f'at most {at_most}'}"


def _size(file: dict, source: dict) -> int | None:
    """Bytes that a source says it would send; None where it does not say."""
    if "url" in source:
        with requests.head(source["url"].format(name=file["name"]), timeout=TIMEOUT, allow_redirects=True) as answer:
            answer.raise_for_status()
            length = answer.headers.get("Content-Length", "")
            return int(length) if length.isdecimal() else None
    if "hub" in source:
        from huggingface_hub import get_hf_file_metadata, hf_hub_url

        return get_hf_file_metadata(hf_hub_url(source["hub"], file["name"], revision=source["commit"])).size
    (client,) = [client for client in PACKAGES if client in source]
    run([part.format(source[client]) for part in PACKAGES[client]], Path.cwd(), 4 * TIMEOUT)
    return None


if __name__ == "__main__":
    sys.exit(not check(entries()))
