"""The tables of section 2; accuracies in %."""

import pandas as pd

from archdyn.render import tables
from archdyn.render.published import read_published
from archdyn.render.words import mean_sd

SOURCES = {"published": "ours, published protocol", "corrected": "ours, corrected"}
EPOCH_COLUMNS = {"train": ("train_accuracy", 2), "val": ("val_accuracy", 2)}
CONDITION_COLUMNS = {  # heading: metric, digits
    "train %": ("train_accuracy", 2),
    "val %": ("val_accuracy", 2),
    "test % ↑": ("test_accuracy", 2),
    "low %": ("test_accuracy_low", 2),
    "high %": ("test_accuracy_high", 2),
    "learning parameters": ("trainable_parameters", 0),
    "GFLOPs": ("gflops", 0),
    "seconds": ("seconds", 1),
}


def table1(inputs, settings: dict) -> pd.DataFrame:
    """Table 1: a new head on the frozen network, trained on as the report's was, and from fresh."""
    published = read_published(inputs.published, "table1")
    return warm_restart_table(published, pd.concat(map(pd.read_csv, inputs.epochs)), "baseline", **settings)


def table2(inputs, settings: dict) -> pd.DataFrame:
    """Table 2: no skip connections in layer1 and layer2."""
    published = read_published(inputs.published, "table2")
    return epochs_table(published, pd.concat(map(pd.read_csv, inputs.epochs)), "noskip")


def table3(inputs, settings: dict) -> pd.DataFrame:
    """Table 3: what to train."""
    published = (read_published(inputs.published, name) for name in ("table3", "table3_epochs"))
    return strategies_table(*published, pd.concat(map(pd.read_csv, inputs.epochs)), settings["conditions"])


def table4(inputs, settings: dict) -> pd.DataFrame:
    """Table 4: depth."""
    published = (read_published(inputs.published, name) for name in ("table4", "table4_epochs"))
    return strategies_table(*published, pd.concat(map(pd.read_csv, inputs.epochs)), settings["conditions"])


def conditions(inputs, settings: dict) -> pd.DataFrame:
    """All transfer conditions in one table."""
    return conditions_table(pd.read_csv(inputs.summary), settings["conditions"])


def epochs_table(published: pd.DataFrame, epochs: pd.DataFrame, base: str) -> pd.DataFrame:
    """The report's rows by epoch, each followed by ours; `base` names the condition without its protocol."""
    percent = _in_percent(epochs)
    ours = {source: percent[percent["condition"] == f"{base}_{protocol}"] for protocol, source in SOURCES.items()}
    return tables.epoch_table(published, ours, EPOCH_COLUMNS)


def warm_restart_table(published: pd.DataFrame, epochs: pd.DataFrame, base: str, restart_after: int) -> pd.DataFrame:
    """As `epochs_table`, with the published protocol twice.

    Once its epochs after `restart_after`, counted from 1 again as in a notebook whose training cell is run twice; once
    those up to it, which start from a fresh head.
    """
    percent = _in_percent(epochs)
    published_runs = percent[percent["condition"] == f"{base}_published"]
    continued = published_runs[published_runs["epoch"] > restart_after]
    ours = {
        "ours, trained on": continued.assign(epoch=continued["epoch"] - restart_after),
        "ours, from a fresh head": published_runs[published_runs["epoch"] <= restart_after],
        SOURCES["corrected"]: percent[percent["condition"] == f"{base}_corrected"],
    }
    return tables.epoch_table(published, ours, EPOCH_COLUMNS)


def strategies_table(
    published: pd.DataFrame, published_epochs: pd.DataFrame, epochs: pd.DataFrame, bases: list[str]
) -> pd.DataFrame:
    """A row for each of `bases` and source: accuracies after the last epoch, then the validation by epoch.

    Brackets show by how much the published protocol's are above the report.
    """
    percent, report = _in_percent(epochs), published.set_index("condition")
    numbers = published_epochs["epoch"].tolist()
    table = []
    for base in bases:
        if base in report.index:
            values = {name: f"{report.at[base, name]:.2f}" for name in ("train", "val")}
            by_epoch = {f"val {n}": f"{value:.2f}" for n, value in zip(numbers, published_epochs[base], strict=True)}
            table.append({"condition": base, "source": "report", **values, **by_epoch, "n": 1})
        for protocol, source in SOURCES.items():
            runs = percent[percent["condition"] == f"{base}_{protocol}"]
            reported = report.loc[base] if protocol == "published" and base in report.index else None
            if len(runs):
                table.append({"condition": base, "source": source, **_strategy(runs, numbers, reported)})
    return pd.DataFrame(table)


def conditions_table(summary: pd.DataFrame, conditions: list[str]) -> pd.DataFrame:
    """A row per condition with mean ± sd over the seeds; `summary` has condition, metric, mean, sd, n."""
    accuracies = summary["metric"].str.contains("accuracy")
    percent = summary.copy()
    percent.loc[accuracies, ["mean", "sd"]] *= 100
    return tables.conditions_table(percent, conditions, CONDITION_COLUMNS)


def _strategy(runs: pd.DataFrame, numbers: list[int], reported: pd.Series | None) -> dict:
    last = runs[runs["epoch"] == runs["epoch"].max()]
    values = {name: mean_sd(last[metric], digits) for name, (metric, digits) in EPOCH_COLUMNS.items()}
    if reported is not None:
        for name, (metric, digits) in EPOCH_COLUMNS.items():
            values[name] += tables.above(last[metric].mean(), reported[name], digits)
    by_epoch = {n: runs.loc[runs["epoch"] == n, "val_accuracy"] for n in numbers}
    validation = {f"val {n}": mean_sd(found, 2) if len(found) else "–" for n, found in by_epoch.items()}
    return values | validation | {"n": len(last)}


def _in_percent(epochs: pd.DataFrame) -> pd.DataFrame:
    return epochs.assign(**{name: 100 * epochs[name] for name in ("train_accuracy", "val_accuracy")})
