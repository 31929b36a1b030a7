"""Two runs side by side as a page that needs nothing but itself: the metrics that changed, and the figures."""

import base64
from pathlib import Path

from archdyn.tables.diff import changed_metrics, commits, run_folder
from archdyn.tables.page import filled


def diff_page(run_a: Path, run_b: Path, spreads: float) -> str:
    """HTML with what `diff_text` says, and every figure that differs, of one run beside the other.

    run_a, run_b: folders of results, or names of runs in results/. Raises ArchdynError for a run that does not exist.
    """
    folders = [run_folder(run) for run in (run_a, run_b)]
    counted, table = changed_metrics(*folders, spreads)
    pairs = _pairs(*folders)
    return filled(
        "diff.html",
        picture=_picture,
        runs=[{"folder": folder, "commits": commits(folder)} for folder in folders],
        counted=counted,
        columns=list(table.columns),
        rows=table.to_numpy().tolist(),
        different={name: pair for name, pair in pairs.items() if not _same(*pair)},
        same=[name for name, pair in pairs.items() if _same(*pair)],
    )


def _pairs(folder_a: Path, folder_b: Path) -> dict[str, list[Path | None]]:
    """The figures of either run by name, such as gan/figure8; None where a run lacks one."""
    found = [
        {
            f"{path.parts[-3]}/{path.stem}": path
            for path in sorted(folder.glob("*/figures/*.png"))
            if "." not in path.stem
        }
        for folder in (folder_a, folder_b)
    ]
    return {name: [of_run.get(name) for of_run in found] for name in sorted(found[0] | found[1])}


def _same(path_a: Path | None, path_b: Path | None) -> bool:
    return bool(path_a and path_b) and path_a.read_bytes() == path_b.read_bytes()


def _picture(path: Path) -> str:
    return f"data:image/png;base64,{base64.b64encode(path.read_bytes()).decode()}"
