"""Training curves as TensorBoard's event files."""

from pathlib import Path

import pandas as pd

from archdyn.errors import ArchdynError

NO_SCALARS = ("epoch", "seed", "condition")


def write_events(run: Path, output: Path) -> int:
    """Write the curves of every training of a run under `output`, and return how many trainings there are.

    Each has the folder <experiment>/<condition>_seed<seed>, and a scalar per column of its epochs. Raises ArchdynError
    where the run has no epochs, `output` holds events already, or tensorboard is not installed.
    """
    try:
        from tensorboard.summary import Writer
    except ImportError:
        raise ArchdynError("tensorboard is not installed: pip install tensorboard") from None
    files = sorted(run.glob("*/metrics/*_seed*_epochs.csv"))
    if not files:
        raise ArchdynError(f"{run}: has no */metrics/*_epochs.csv; allowed: a run with trainings")
    if any(output.rglob("events.out.tfevents.*")):
        raise ArchdynError(f"{output}: holds events already, which TensorBoard would mix; allowed: a new folder")
    for file in files:
        writer = Writer(str(output / file.parts[-3] / file.stem.removesuffix("_epochs")))
        _add_curves(writer, file)
        writer.close()
    return len(files)


def _add_curves(writer, file: Path) -> None:
    epochs = pd.read_csv(file)
    made = file.stat().st_mtime
    for name in epochs.columns.difference(NO_SCALARS, sort=False):
        for epoch, value in zip(epochs["epoch"], epochs[name], strict=True):
            writer.add_scalar(name, float(value), int(epoch), wall_time=made)
