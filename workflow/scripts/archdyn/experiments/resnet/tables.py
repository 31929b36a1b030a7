"""The tables of section 2; accuracies in %."""

import pandas as pd

from archdyn.render import tables
from archdyn.render.published import read_published

SOURCES = {"published": "ours, published protocol", "corrected": "ours, corrected"}
EPOCH_COLUMNS = {"train": ("train_accuracy", 2), "val": ("val_accuracy", 2)}
CONDITION_COLUMNS = {  # heading: metric, digits
    "train %": ("train_accuracy", 2),
    "val %": ("val_accuracy", 2),
    "test % ↑": ("test_accuracy", 2),
    "learning parameters": ("trainable_parameters", 0),
    "GFLOPs": ("gflops", 0),
    "seconds": ("seconds", 1),
}


def table1(inputs, settings: dict) -> pd.DataFrame:
    """Table 1: a new head on the frozen network. What the report prints are the later epochs of one training."""
    again, first = (read_published(inputs.published, name) for name in ("table1", "table1_first_run"))
    reports = {"report": again.assign(epoch=again["epoch"] + len(first)), "report's notebook, first run": first}
    return epochs_table(reports, _epochs(inputs.epochs), "baseline")


def table2(inputs, settings: dict) -> pd.DataFrame:
    """Table 2: no skip connections in layer1 and layer2."""
    reports = {"report": "table2", "report's notebook, other run": "table2_other_run"}
    published = {source: read_published(inputs.published, name) for source, name in reports.items()}
    return epochs_table(published, _epochs(inputs.epochs), "noskip")


def table3(inputs, settings: dict) -> pd.DataFrame:
    """Table 3: what to train."""
    published = [read_published(inputs.published, name) for name in ("table3", "table3_epochs")]
    other = read_published(inputs.published, "table3_other_run")
    return strategies_table(*published, {"random": other}, _epochs(inputs.epochs), settings["names"])


def table4(inputs, settings: dict) -> pd.DataFrame:
    """Table 4: depth."""
    published = [read_published(inputs.published, name) for name in ("table4", "table4_epochs")]
    return strategies_table(*published, {}, _epochs(inputs.epochs), settings["names"])


def conditions(inputs, settings: dict) -> pd.DataFrame:
    """A row per condition, accuracies in %, mean ± sd over the seeds; 95% is of the accuracy on test images."""
    summary, names = pd.read_csv(inputs.summary), settings["names"]
    accuracies = summary["metric"].str.contains("accuracy")
    summary.loc[accuracies, ["mean", "sd"]] *= 100
    table = tables.conditions_table(summary, names, CONDITION_COLUMNS)
    means = summary.set_index(["condition", "metric"])["mean"]
    intervals = [f"{means[one, 'test_accuracy_low']:.2f} to {means[one, 'test_accuracy_high']:.2f}" for one in names]
    table.insert(table.columns.get_loc("test % ↑") + 1, "95%", intervals)
    return table


def epochs_table(reports: dict[str, pd.DataFrame], epochs: pd.DataFrame, base: str) -> pd.DataFrame:
    """By epoch, the accuracies (%) of the report's runs, then ours: `base` names the condition without its protocol."""
    ours = {source: epochs[epochs["condition"] == f"{base}_{protocol}"] for protocol, source in SOURCES.items()}
    return tables.epoch_table(reports, ours, EPOCH_COLUMNS)


def strategies_table(
    published: pd.DataFrame,
    published_epochs: pd.DataFrame,
    other_runs: dict[str, pd.DataFrame],
    epochs: pd.DataFrame,
    names: dict[str, str],
) -> pd.DataFrame:
    """A row for each of the report's strategies, its other runs, and our conditions, which `names` has in words.

    Accuracies (%) after the last epoch, then the validation by epoch. Brackets show by how much the published
    protocol's are above the report.
    """
    report, table = published.set_index("condition"), []
    for condition, name in names.items():
        base, protocol = condition.split("_")
        is_published = protocol == "published" and base in report.index
        if is_published:
            values = {heading: f"{report.at[base, heading]:.2f}" for heading in EPOCH_COLUMNS}
            table.append([name, "report", *values.values(), _by_epoch(published_epochs[base]), 1])
        if is_published and base in other_runs:
            run = other_runs[base]
            table.append([name, "report's notebook, other run", "–", "–", _by_epoch(run["val"]), 1])
        runs = epochs[epochs["condition"] == condition]
        last = runs[runs["epoch"] == runs["epoch"].max()]
        values = tables.our_values(last, EPOCH_COLUMNS, report.loc[base] if is_published else None)
        by_epoch = _by_epoch(runs.groupby("epoch")["val_accuracy"].mean())
        table.append([name, SOURCES[protocol], *values.values(), by_epoch, len(last)])
    return pd.DataFrame(table, columns=["condition", "source", *EPOCH_COLUMNS, "val by epoch", "n"])


def _by_epoch(values: pd.Series) -> str:
    return ", ".join(f"{value:.1f}" for value in values)


def _epochs(files: list[str]) -> pd.DataFrame:
    """The epochs of all trainings, accuracies in %."""
    columns = ["condition", "epoch", "train_accuracy", "val_accuracy"]
    epochs = pd.concat(map(pd.read_csv, files)) if files else pd.DataFrame(columns=columns, dtype=float)
    return epochs.assign(**{name: 100 * epochs[name] for name in ("train_accuracy", "val_accuracy")})
