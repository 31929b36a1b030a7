"""The record that a job left beside its output: what it made of which files, and what of that has changed since."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from archdyn.errors import ArchdynError
from archdyn.workflow.fingerprint import SCRIPTS, is_code, module_digests
from archdyn.workflow.origin import REPOSITORY

RESULTS = "results"


@dataclass(frozen=True)
class Record:
    """A record and its place. Paths in it are relative: of inputs to `folder`, of outputs to the record itself."""

    path: Path  # absolute
    facts: dict
    folder: Path  # where Snakemake ran

    @property
    def has_digests(self) -> bool:
        """Whether it says what its inputs held, which early versions left out."""
        return isinstance(self.facts.get("inputs"), dict) and "paths" in self.facts

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


def read_records(run: Path) -> list[Record]:
    """The records of a run's folder (FOLDER/results/<run>), and those of the data and weights in FOLDER/resources.

    Raises ArchdynError for a file that is no record.
    """
    run = absolute(run)
    folder = run.parents[1]
    places = [*run.rglob("*.provenance.json"), *(folder / "resources").rglob("*provenance.json")]
    found = ((path, _read(path)) for path in sorted(places))
    return [Record(path, facts, folder) for path, facts in found if facts is not None]


def _read(path: Path) -> dict | None:
    """What a record says; None where it has just gone, since its job runs again beside this one."""
    try:
        facts = json.loads(path.read_text())
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise ArchdynError(f"{path}: not a record ({error}); delete it, and the next run makes it again") from error
    if not isinstance(facts, dict) or "outputs" not in facts:
        raise ArchdynError(f"{path}: not a record; delete it, and the next run makes it again")
    return facts


def absolute(path: Path | str) -> Path:
    """An absolute path without `..`; links stay, for those of Snakemake's cache lead to entries of other names."""
    return Path(os.path.normpath(Path(path).absolute()))


def changed_code(facts: dict) -> list[str]:
    """Modules that differ from those that a record names, in words; [] for a rule that watches no code."""
    if not facts.get("modules"):
        return []
    script = facts.get("script", facts["rule"])
    if not (SCRIPTS / f"{script}.py").is_file():
        return [f"script workflow/scripts/{script}.py is gone"]
    entries = [script, *filter(None, [facts["params"].get("module")])]
    return [
        f"{'module' if '/' in name else 'script'} {(SCRIPTS / name).relative_to(REPOSITORY)} {change}"
        for name, change in differences(
            facts["modules"], module_digests(entries), ("changed", "is new to it", "is no longer used")
        )
    ]


def changed_settings(facts: dict, params) -> list[str]:
    """Settings of a record that differ from a planned job's `params`, in words."""
    before, now = (dict(flat(these)) for these in (facts["params"], _as_recorded(params)))
    return [
        f"setting {name}: {before.get(name, 'none')} -> {now.get(name, 'none')}"
        for name, _ in differences(before, now, ("", "", ""))
    ]


def differences(before: dict, now: dict, words: tuple[str, str, str]) -> list[tuple[str, str]]:
    """Names with another value, of `now` alone, and of `before` alone, each with its word."""
    changed, new, gone = words
    found = [(name, new if name not in before else changed) for name in now if before.get(name, ...) != now[name]]
    return found + [(name, gone) for name in before if name not in now]


def _as_recorded(params) -> dict:
    settings = {name: value for name, value in params.items() if not is_code(name)}
    return json.loads(json.dumps(settings, default=str))


def flat(params: dict, prefix: str = "") -> Iterator[tuple[str, object]]:
    """Nested settings by their whole names: {"training": {"epochs": 2}} -> {"training.epochs": 2}"""
    for name, value in params.items():
        if isinstance(value, dict) and value:
            yield from flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value
