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
    """All transfer conditions in one table."""
    return conditions_table(pd.read_csv(inputs.summary), settings["names"])


def epochs_table(reports: dict[str, pd.DataFrame], epochs: pd.DataFrame, base: str) -> pd.DataFrame:
    """By epoch, the accuracies (%) of the report's runs, then ours: `base` names the condition without its protocol.

    Brackets show by how much the published protocol's are above the first of the report's runs that has the epoch.
    """
    table = []
    for epoch in sorted({number for report in reports.values() for number in report["epoch"]}):
        printed = {
            source: report.set_index("epoch").loc[epoch]
            for source, report in reports.items()
            if epoch in set(report["epoch"])
        }
        for source, row in printed.items():
            values = {name: f"{row[name]:.{digits}f}" for name, (_, digits) in EPOCH_COLUMNS.items()}
            table.append({"epoch": epoch, "source": source, **values, "n": 1})
        for protocol, source in SOURCES.items():
            runs = epochs[(epochs["condition"] == f"{base}_{protocol}") & (epochs["epoch"] == epoch)]
            report = next(iter(printed.values())) if protocol == "published" else None
            if len(runs):
                table.append({"epoch": epoch, "source": source, **_accuracies(runs, report), "n": len(runs)})
    return pd.DataFrame(table)


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
        values = _accuracies(last, report.loc[base] if is_published else None)
        by_epoch = _by_epoch(runs.groupby("epoch")["val_accuracy"].mean())
        table.append([name, SOURCES[protocol], *values.values(), by_epoch, len(last)])
    return pd.DataFrame(table, columns=["condition", "source", *EPOCH_COLUMNS, "val by epoch", "n"])


def conditions_table(summary: pd.DataFrame, names: dict[str, str]) -> pd.DataFrame:
    """A row per condition, by its name in words, with mean ± sd over the seeds; 95% is of the accuracy on test images.

    summary: condition, metric, mean, sd, n.
    """
    accuracies = summary["metric"].str.contains("accuracy")
    percent = summary.copy()
    percent.loc[accuracies, ["mean", "sd"]] *= 100
    table = tables.conditions_table(percent, list(names), CONDITION_COLUMNS)
    means = percent.set_index(["condition", "metric"])["mean"]
    low, high = ([means[name, f"test_accuracy_{end}"] for name in names] for end in ("low", "high"))
    intervals = [f"{a:.2f} to {b:.2f}" for a, b in zip(low, high, strict=True)]
    table.insert(table.columns.get_loc("test % ↑") + 1, "95%", intervals)
    return table.replace({"condition": names})


def _accuracies(runs: pd.DataFrame, report: pd.Series | None) -> dict[str, str]:
    """Mean ± sd, with the difference from the report's row in brackets."""
    values = {name: mean_sd(runs[metric], digits) for name, (metric, digits) in EPOCH_COLUMNS.items()}
    if report is not None:
        for name, (metric, digits) in EPOCH_COLUMNS.items():
            values[name] += tables.above(runs[metric].mean(), report[name], digits)
    return values


def _by_epoch(values: pd.Series) -> str:
    return ", ".join(f"{value:.1f}" for value in values)


def _epochs(files: list[str]) -> pd.DataFrame:
    """The epochs of all trainings, accuracies in %."""
    columns = ["condition", "epoch", "train_accuracy", "val_accuracy"]
    epochs = pd.concat(map(pd.read_csv, files)) if files else pd.DataFrame(columns=columns, dtype=float)
    return epochs.assign(**{name: 100 * epochs[name] for name in ("train_accuracy", "val_accuracy")})
