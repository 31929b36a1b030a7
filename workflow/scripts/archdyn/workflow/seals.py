"""Seal the rules of all experiments, with the commits and the runs that this checkout knows."""

from datetime import UTC, datetime
from pathlib import Path

from archdyn.claims.read import read_claims
from archdyn.claims.seal import read_seals, sealed, with_data, write_seals
from archdyn.workflow.record import REPOSITORY, introduced

FOLDER = "config/claims/sealed"
RESULTS = Path("results")
FORMAT = "%Y-%m-%dT%H:%M:%S"


def seal_all(why: str) -> str:
    """Write config/claims/sealed and return what was sealed, in words."""
    now = datetime.now(UTC).strftime(FORMAT)
    lines = []
    for file, path in _files():
        before = read_seals(path)
        after = sealed(read_claims(file), before, now, why, lambda digest: introduced(digest, FOLDER))
        write_seals(path, with_data(after, _runs(RESULTS, file.stem)))
        new = [name for name, versions in after.rules.items() if versions[-1].sealed == now]
        lines.append(f"{file.stem}: {len(new)} of {len(after.rules)} rules sealed anew")
    return "\n".join(lines)


def note_runs(results: Path) -> None:
    """Write into config/claims/sealed since when the runs in `results` have numbers; a rule changed later is late."""
    for file, path in _files():
        before = read_seals(path)
        after = with_data(before, _runs(results, file.stem))
        if after != before:
            write_seals(path, after)


def _files() -> list[tuple[Path, Path]]:
    """The claims of every experiment, and where their seals are."""
    return [(file, REPOSITORY / FOLDER / file.name) for file in sorted((REPOSITORY / "config/claims").glob("*.yaml"))]


def _runs(results: Path, experiment: str) -> dict[str, str]:
    """Since when the runs in a folder have numbers of an experiment, by run; synthetic images of tests are none."""
    files = [file for file in results.glob(f"*/{experiment}/metrics/all.csv") if file.parts[-4] != "smoke"]
    return {file.parts[-4]: datetime.fromtimestamp(file.stat().st_mtime, UTC).strftime(FORMAT) for file in files}
