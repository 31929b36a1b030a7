"""What each condition gave in a run, how long it took and on what: config/expected.yaml, made from a run's records."""

import hashlib
import json
from pathlib import Path
from statistics import mean

import pandas as pd
import yaml

from archdyn.errors import ArchdynError
from archdyn.settings.check import CONFIG_FOLDER
from archdyn.settings.read import read_yaml

EXPECTED = CONFIG_FOLDER / "expected.yaml"
HEADLINES = {  # metrics by experiment
    "resnet": ("val_accuracy", "test_accuracy"),
    "gan": ("frechet_distance", "modes_covered", "grad_norm_g_last"),
    "vae": ("test_reconstruction", "test_kl", "active_units", "prior_ratio"),
}
DIGITS = 5
SPREADS = 4  # a run of other hardware may differ from what is expected by as many
HEADING = """\
# What each condition gave in the last run at the report's scale: mean and sd over n seeds, minutes of one training, and
# the hardware. Made by `archdyn expected RUN`, which also compares: `archdyn expected RUN --check`.
"""


def expected_text(folder: Path) -> str:
    """config/expected.yaml from a run's folder of results. Raises ArchdynError where no training is recorded in it."""
    found = {name: conditions for name in HEADLINES if (conditions := _conditions(folder, name))}
    if not found:
        raise ArchdynError(f"{folder}: has no records of trainings")
    return HEADING + yaml.safe_dump(found, sort_keys=False, allow_unicode=True, width=120, default_flow_style=None)


def check_expected(folder: Path) -> str:
    """That a run is as config/expected.yaml has it. Raises ArchdynError with all that is not."""
    found = deviations(folder, read_yaml(EXPECTED))
    if found:
        raise ArchdynError("; ".join(found))
    return "as expected"


def deviations(folder: Path, expected: dict) -> list[str]:
    """What of a run is not as expected, a line each: other settings, or a mean that is SPREADS or more away.

    Conditions that only one of the two has are left out. Without a spread, of one seed, 5% are allowed.
    """
    lines = []
    for name in expected:
        now = _conditions(folder, name)
        for condition in [condition for condition in expected[name] if condition in now]:
            before, after = expected[name][condition], now[condition]
            if before["settings"] != after["settings"]:
                lines.append(f"{name}, {condition}: trained by other settings")
                continue
            lines += [
                f"{name}, {condition}: {metric} is {after['values'][metric][0]:g}, expected {value:g} ± {sd or 0:g}"
                for metric, (value, sd) in before["values"].items()
                if abs(after["values"][metric][0] - value) > (SPREADS * sd if sd else 0.05 * abs(value))
            ]
    return lines


def settings_hash(training: dict) -> str:
    """Tells the settings of one training from others."""
    return hashlib.sha256(json.dumps(training, sort_keys=True).encode()).hexdigest()[:12]


def _conditions(folder: Path, experiment: str) -> dict[str, dict]:
    summary = folder / experiment / "metrics/summary.csv"
    if not summary.is_file():
        return {}
    rows = pd.read_csv(summary).set_index(["condition", "metric"])
    found = {}
    for condition in dict.fromkeys(rows.index.get_level_values("condition")):
        files = sorted((folder / experiment / "models").glob(f"{condition}_seed*.provenance.json"))
        records = {file.name.removesuffix(".provenance.json"): json.loads(file.read_text()) for file in files}
        if records:
            own = rows.loc[condition]
            metrics = [metric for metric in HEADLINES[experiment] if metric in own.index]
            seconds = [_training_s(folder, run, record) for run, record in records.items()]
            found[condition] = _entry(own.loc[metrics], list(records.values()), mean(seconds))
    return found


def _training_s(folder: Path, run: str, record: dict) -> float:
    """Of a whole training, by what its epochs told of the time left: older records have the last attempt's alone.

    By the record where they told nothing: the training came from the cache, or has a single epoch.
    """
    progress = folder / "logs" / record["rule"] / f"{run}.csv"
    if not progress.stat().st_size:
        return record["wall_s"]
    epochs = pd.read_csv(progress)
    last = int(epochs["epoch"].max())
    left = int((last - epochs["epoch"]).sum())
    return last * float(epochs["eta_s"].sum()) / left if left else record["wall_s"]


def _entry(rows: pd.DataFrame, records: list[dict], seconds: float) -> dict:
    machines = {record["hardware"]["gpu"] or record["hardware"]["cpu"] for record in records}
    return {
        "values": {metric: [_rounded(row["mean"]), _rounded(row["sd"])] for metric, row in rows.iterrows()},
        "n": int(rows["n"].max()),
        "minutes": round(seconds / 60, 2),
        "hardware": ", ".join(sorted(machines)),
        "settings": settings_hash(records[0]["params"]["training"]),
    }


def _rounded(value: float) -> float | None:
    """To DIGITS digits; the spread of one seed is null."""
    return None if pd.isna(value) else float(f"{value:.{DIGITS}g}")
