"""How fast each way is, and how many times as fast as the first."""

import pandas as pd


def benchmark_table(rounds: pd.DataFrame) -> pd.DataFrame:
    """A row per way from one row per round (way, round, ms_per_step, images_per_s).

    Median and range over the rounds; the speed-up is the median of the rounds' own ratios, since machines drift.
    """
    first = rounds["way"].iloc[0]
    baseline = rounds[rounds["way"] == first].set_index("round")["images_per_s"]
    return pd.DataFrame([_row(way, group, baseline) for way, group in rounds.groupby("way", sort=False)])


def benchmark_caption(task: str, images: int, rounds: pd.DataFrame, hardware: dict, threads: int, label: str) -> str:
    """What was timed, how often, and on what."""
    machine = hardware["gpu"] or hardware["cpu"]
    times = f"{task}, an epoch of {images} images, {rounds['round'].nunique()} rounds in turn"
    return f"{times}, {machine}, {threads} thread(s). {label}."


def _row(way: str, group: pd.DataFrame, baseline: pd.Series) -> dict:
    step, ratio = group["ms_per_step"], group.set_index("round")["images_per_s"] / baseline
    return {
        "way": way,
        "ms per step": f"{step.median():.2f} ({step.min():.2f} to {step.max():.2f})",
        "images/s": f"{group['images_per_s'].median():.0f}",
        "speed-up": f"{ratio.median():.2f} ({ratio.min():.2f} to {ratio.max():.2f})",
        "n": len(group),
    }
