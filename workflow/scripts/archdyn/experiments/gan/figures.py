"""The figures of section 4. Conditions are called by `settings["names"]`, their labels in the config."""

from collections.abc import Iterable
from textwrap import fill

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from archdyn.render.images import show_grid
from archdyn.render.published import read_published
from archdyn.render.style import COLOURS, epoch_axis, line_with_band

LOSSES = (("D", "blue"), ("G", "orange"))  # in the order of the columns of steps
GRAD_NORM_G = 4
GUESSING = 2 * np.log(2)  # what a discriminator loses that only guesses
COLUMNS = 4  # of samples in Figure 8, as published
VANISHING_COLOURS = {
    "vanishing_published": "red",
    "vanishing_corrected": "purple",
    "mitigated_wrong_sign": "orange",
    "mitigated_minimax": "sky",
    "mitigated": "green",
}
OVERFIT_GRID = 8  # rows and columns of samples in Figure 9, as published
SMOOTHED = 5  # epochs of a running mean in Figure 9
TITLE = 17  # characters of a title above a fifth of the width


def figure6(figure: Figure, inputs, settings: dict) -> None:
    """Figure 6: the baseline's losses by step, and those of each epoch's last batch beside what was printed of them."""
    by_step, by_epoch = figure.subplots(1, 2, sharey=True)
    steps = [np.load(file) for file in inputs.steps]
    _by_step(by_step, steps, settings["epochs"])
    for (loss, colour), (_, row) in zip(
        LOSSES, read_published(inputs.published, "figure6_ranges").iterrows(), strict=True
    ):
        label = f"{loss}, the report: {row['low']} to {row['high']}"
        by_epoch.axhspan(row["low"], row["high"], color=COLOURS[colour], alpha=0.13, linewidth=0, label=label)
    _by_epoch(by_epoch, _tables(inputs.epochs), read_published(inputs.published, "figure6_notebook"), mark_size=4)
    top = 1.1 * np.percentile(np.concatenate(steps)[:, : len(LOSSES)], 99.5)
    by_step.set(title="every step", ylabel="loss per image (nats)", ylim=(0, top))
    by_epoch.set(title="last batch of each epoch")
    figure.legend(*by_epoch.get_legend_handles_labels(), loc="outside upper center", ncols=4, fontsize=7.5)


def figure7(figure: Figure, inputs, settings: dict) -> None:
    """Figure 7: samples of the baseline, in both modes of BatchNorm, the comparator's, and real images."""
    metrics = pd.read_csv(inputs.metrics)
    distances = metrics[metrics["metric"] == "frechet_distance"].groupby("condition")["value"].apply(list)
    by_epoch = np.load(inputs.train_mode[0])
    last = len(by_epoch)
    middle = (last + 1) // 2
    panels = [(f"baseline, epoch {epoch}\nBatchNorm: train", by_epoch[epoch - 1], "") for epoch in (middle, last)]
    for name, file in zip(settings["conditions"], inputs.eval_mode, strict=True):
        label = f"baseline, epoch {last}, BatchNorm: eval" if name == "baseline" else settings["names"][name]
        title = "\n".join(label.rsplit(", ", 1))
        panels.append((title, np.load(file)[-1], _distance(distances[name])))
    real = np.load(inputs.test_images, mmap_mode="r")[: by_epoch.shape[1]]
    panels.append(("real images,\nheld out", real, _distance(distances["held_out"])))
    width = figure.get_figwidth()
    figure.set_size_inches(width, width / len(panels) + 0.8)
    for axes, (title, images, distance) in zip(figure.subplots(1, len(panels)), panels, strict=True):
        show_grid(axes, images, columns=5)
        axes.set_anchor("N")
        axes.set_title(title, fontsize=7, fontweight="normal")
        axes.text(0.5, -0.03, distance, fontsize=7, ha="center", va="top", transform=axes.transAxes)


def figure8(figure: Figure, inputs, settings: dict) -> None:
    """Figure 8: mode collapse and what should mend it: samples of new noise at two epochs, and the digits drawn."""
    metrics = pd.read_csv(inputs.metrics)
    figure.set_size_inches(figure.get_figwidth(), 5)
    grid = figure.subplots(3, len(settings["conditions"]), height_ratios=[1.25, 1.25, 1], sharey="row", squeeze=False)
    for column, name, file in zip(grid.T, settings["conditions"], inputs.samples, strict=True):
        samples = np.load(file)
        for axes, epoch in zip(column, ((len(samples) + 1) // 2, len(samples)), strict=False):
            show_grid(axes, samples[epoch - 1], COLUMNS)
            axes.set_title(f"epoch {epoch}", fontsize=7.5, fontweight="normal", pad=2)
        column[0].set_title(fill(settings["names"][name], TITLE), fontsize=8, pad=14)
        column[0].text(
            0.5, 1.02, f"epoch {(len(samples) + 1) // 2}", fontsize=7.5, ha="center", transform=column[0].transAxes
        )
        _digits(column[2], metrics[metrics["condition"] == name])
    grid[2, 0].set_ylabel("share of samples")
    grid[2, 0].yaxis.set_major_formatter(PercentFormatter(1))
    figure.legend(*grid[2, 0].get_legend_handles_labels(), loc="outside upper center", ncols=3, fontsize=7.5)


def figure9(figure: Figure, inputs, settings: dict) -> None:
    """Figure 9: samples as published; losses beside the notebook's; what D gets right, and on which images."""
    names, conditions = settings["names"], settings["conditions"]
    epochs = {name: _tables(inputs[name]) for name in conditions}
    figure.set_size_inches(figure.get_figwidth(), 6.6)
    samples, losses, accuracies = figure.subplots(3, 3, height_ratios=[1.3, 1, 1])
    for axes, name, file in zip(samples, conditions, inputs.samples, strict=False):
        show_grid(axes, np.load(file, mmap_mode="r")[: OVERFIT_GRID**2], OVERFIT_GRID)
        axes.set_title(names[name])
    for axes in samples[len(inputs.samples) :]:
        axes.set_axis_off()
    for axes, name, table in zip(losses, conditions, ("figure9_notebook", "figure9_dropout"), strict=False):
        _by_epoch(axes, epochs[name], read_published(inputs.published, table), mark_size=1.8)
        axes.set(title=f"{names[name]}: losses", ylim=(0, 3.2))
    losses[0].set_ylabel("loss of the last batch (nats)")
    for axes, name in zip(accuracies, conditions[:2], strict=False):
        _accuracies(axes, epochs[name])
        axes.set_title(f"{names[name]}: D")
    accuracies[0].set_ylabel("discriminator's accuracy")
    _gaps(losses[2], epochs, names)
    _legends(accuracies[2], losses[0], accuracies[0])


def gradients(figure: Figure, inputs, settings: dict) -> None:
    """The norm of the generator's gradient by step: vanishing, mitigated but for the loss, and mitigated."""
    axes = figure.subplots()
    for name, files in inputs.items():
        norms = np.stack([np.load(file)[:, GRAD_NORM_G] for file in files])
        steps, label = np.arange(1, norms.shape[1] + 1), settings["names"][name]
        _spread(axes, steps, norms, VANISHING_COLOURS[name], label, middle=np.median)
    axes.set(xlabel="generator step", ylabel="L2 norm of the generator's gradient", yscale="log")
    figure.legend(loc="outside upper center", ncols=3)


def _tables(files: Iterable[str]) -> list[pd.DataFrame]:
    return [pd.read_csv(file) for file in files]


def _by_step(axes: Axes, seeds: list[np.ndarray], epochs: int) -> None:
    """Losses smoothed over 1% of the steps, a line per seed, on every step of the first seed."""
    for column, (_, colour) in enumerate(LOSSES):
        for number, steps in enumerate(seeds):
            epoch = np.arange(1, len(steps) + 1) * epochs / len(steps)
            smooth = pd.Series(steps[:, column]).rolling(max(1, len(steps) // 100), min_periods=1).mean()
            if number == 0:
                axes.plot(epoch, steps[:, column], color=COLOURS[colour], alpha=0.12, linewidth=0.3)
            axes.plot(epoch, smooth, color=COLOURS[colour], linewidth=0.8, alpha=0.8)
    axes.axhline(GUESSING, color=COLOURS["grey"], linestyle=":", linewidth=1)
    axes.set_xlim(0, epochs * 1.01)
    epoch_axis(axes)


def _by_epoch(axes: Axes, seeds: list[pd.DataFrame], notebook: pd.DataFrame, mark_size: float) -> None:
    """Losses of each epoch's last batch, mean and range over the seeds, and the notebook's as marks."""
    reached = notebook[notebook["epoch"] <= len(seeds[0])]
    for loss, colour in LOSSES:
        values = np.stack([table[f"loss_{loss.lower()}"] for table in seeds])
        _spread(axes, seeds[0]["epoch"], values, colour, f"{loss}, ours")
        style = {"color": COLOURS[colour], "mec": "black", "mew": mark_size / 8, "ms": mark_size}
        axes.plot(reached["epoch"], reached[f"{loss} loss"], "D", **style, label=f"{loss}, the notebook")
    axes.axhline(GUESSING, color=COLOURS["grey"], linestyle=":", linewidth=1, label="D guesses: 2 ln 2")
    epoch_axis(axes)


def _spread(axes: Axes, x, values: np.ndarray, colour: str, label: str, middle=np.mean, width: float = 1.3) -> None:
    """Values (seeds, x): their middle as a line, their range as a band."""
    spread = middle(values, axis=0), values.min(0), values.max(0)
    line_with_band(axes, x, *spread, COLOURS[colour], alpha=0.18, linewidth=width, label=label)


def _distance(by_seed: list[float]) -> str:
    """The Fréchet distance of the first seed, whose images are shown, and the range over all seeds."""
    first = f"Fréchet {by_seed[0]:.2f}"
    return f"{first}\n({min(by_seed):.2f} to {max(by_seed):.2f})" if len(by_seed) > 1 else first


def _digits(axes: Axes, metrics: pd.DataFrame) -> None:
    """Bars of the mean share by digit, and of what is none, with a dot per seed; the even share as a line."""
    by_metric = metrics.groupby("metric")["value"].apply(np.array)
    digits = [metric for metric in by_metric.index if metric.startswith("digit_share_")]
    shares = {int(metric.rsplit("_", 1)[1]): by_metric[metric] for metric in digits}
    none = len(shares) + 2
    places = sorted(shares) + [none]
    shares[none] = 1 - by_metric["digit_share"]
    colours = [COLOURS["sky"]] * (none - 2) + [COLOURS["grey"]]
    axes.bar(places, [shares[place].mean() for place in places], color=colours)
    if len(shares[none]) > 1:
        for place in places:
            axes.plot([place] * len(shares[place]), shares[place], ".", color="black", ms=2, clip_on=False)
        axes.plot([], [], ".", color="black", ms=4, label="a training")
    axes.plot([-0.5, none - 2.5], [1 / (none - 2)] * 2, color="black", linestyle=":", linewidth=1, label="even share")
    axes.set(ylim=(0, 1), xlabel="digit")
    named = range(0, none - 2, 2)
    axes.set_xticks([*named, none], [*map(str, named), "none"], fontsize=7)


def _accuracies(axes: Axes, seeds: list[pd.DataFrame]) -> None:
    """What the discriminator gets right of each kind of image: a running mean of the seeds' mean."""
    kinds = {"fake": ("fakes", "grey"), "train": ("training images", "green"), "held_out": ("held-out images", "red")}
    for kind, (name, colour) in kinds.items():
        mean = np.mean([table[f"d_accuracy_{kind}"] for table in seeds], axis=0)
        axes.plot(seeds[0]["epoch"], _smooth(mean), color=COLOURS[colour], label=name)
    axes.set_ylim(0, 1.02)
    axes.yaxis.set_major_formatter(PercentFormatter(1))
    epoch_axis(axes)


def _smooth(values: np.ndarray) -> np.ndarray:
    """A running mean along the last axis, over as many epochs as SMOOTHED."""
    return pd.DataFrame(values.T).rolling(SMOOTHED, min_periods=1).mean().to_numpy().T.reshape(values.shape)


def _gaps(axes: Axes, epochs: dict[str, list[pd.DataFrame]], names: dict[str, str]) -> None:
    """How much better D is on its training images: by epoch; for many images, whose epochs are longer, at the end."""
    for (name, seeds), colour in zip(epochs.items(), ("purple", "green", "grey"), strict=False):
        gaps = np.stack([table["d_accuracy_train"] - table["d_accuracy_held_out"] for table in seeds])
        if name == "overfit_control":
            axes.axhline(gaps[:, -1].mean(), color=COLOURS[colour], linestyle="--", linewidth=1.3, label=names[name])
        else:
            _spread(axes, seeds[0]["epoch"], _smooth(gaps), colour, names[name])
    axes.set_title("training minus held-out")
    axes.yaxis.set_major_formatter(PercentFormatter(1))
    epoch_axis(axes)
    axes.legend(fontsize=7, loc="upper left")


def _legends(axes: Axes, losses: Axes, accuracies: Axes) -> None:
    """An empty panel with the legends of the others."""
    axes.set_axis_off()
    style = {"fontsize": 7, "title_fontsize": 7.5, "labelspacing": 0.25, "alignment": "left", "borderaxespad": 0}
    axes.add_artist(axes.legend(*losses.get_legend_handles_labels(), title="losses", loc="upper left", **style))
    axes.legend(*accuracies.get_legend_handles_labels(), title="accuracy on", loc="lower left", **style)
