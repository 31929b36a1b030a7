"""The figures of section 5. A condition keeps its colour in all of them: that of its place in the config.

In all `settings`, `names` has what readers call the conditions that are measured, by their names in the config.
"""

from itertools import cycle

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from archdyn.render.images import show_grid
from archdyn.render.published import read_all_published, read_json
from archdyn.render.style import COLOURS, class_legend, epoch_axis, line_with_band, scatter_classes
from archdyn.render.tables import means_by_condition

SIDE = 4  # images in a row of Figure 10
STRIP = 8  # images in a row of reconstructions
TRAVERSED_DIMENSIONS = 6
PARTS = {"recon": "squared error per image", "KL": "KL per image (nats)"}  # of the loss, as the report has them


def figure10(figure: Figure, inputs, settings: dict) -> None:
    """Figure 10: test images, reconstructions and samples from both priors, as published and below it corrected."""
    names = settings["names"]
    originals = np.load(inputs.test_images, mmap_mode="r")
    distances = means_by_condition(inputs.summary)
    figure.set_size_inches(figure.get_figwidth(), 2.4 * len(names))
    rows = figure.subfigures(len(names), 1, squeeze=False).ravel()
    for row, number, protocol in zip(rows, range(len(names)), ("as published", "corrected"), strict=True):
        condition, name = list(names.items())[number]
        row.suptitle(f"{protocol}: {name}", fontsize=9, fontweight="bold", x=0.01, ha="left")
        shown = {
            "test images\n": originals,
            "reconstructions\n": np.load(inputs.reconstructions[number]),
            f"z ~ N(0, I)\n{_distance(distances, condition, 'normal')}": np.load(inputs.normal[number]),
            f"z ~ Laplace(0, 1)\n{_distance(distances, condition, 'laplace')}": np.load(inputs.laplace[number]),
        }
        for axes, (title, images) in zip(row.subplots(1, len(shown)), shown.items(), strict=True):
            show_grid(axes, images[: SIDE * SIDE], SIDE)
            axes.set_title(title, fontsize=7.5, fontweight="normal", pad=3)


def figure11(figure: Figure, inputs, settings: dict) -> None:
    """Figure 11: error and KL by minibatch of one pass as published, and below it by epoch."""
    published = read_all_published(inputs.published)
    figure.set_size_inches(figure.get_figwidth(), 5.4)
    above, below = figure.subfigures(2, 1, height_ratios=[1, 1.7])
    above.suptitle(f"as published: one pass with a finished model, {settings['drawn']}", fontsize=9, fontweight="bold")
    _by_minibatch(above, np.load(inputs.minibatches[0]), published["figure11_plotted"].iloc[-1])
    below.suptitle("corrected: by epoch of each training", fontsize=9, fontweight="bold")
    marks = {"notebook": published["figure11_later"], "report": published["figure11"].tail(1)}
    _by_epoch(below, pd.concat(map(pd.read_csv, inputs.epochs)), settings["names"], marks)


def reconstructions(figure: Figure, inputs, settings: dict) -> None:
    """The first test images, and below them what each condition makes of them."""
    explained = means_by_condition(inputs.summary)
    rows = {"test images": np.load(inputs.test_images, mmap_mode="r")}
    for (condition, name), path in zip(settings["names"].items(), inputs.reconstructions, strict=True):
        rows[f"{name}\n{explained[condition, 'explained_variance']:.0%} explained"] = np.load(path)
    figure.set_size_inches(figure.get_figwidth(), 0.68 * len(rows) + 0.2)
    for axes, (name, images) in zip(figure.subplots(len(rows), 1), rows.items(), strict=True):
        show_grid(axes, images[:STRIP], STRIP)
        axes.text(-0.02, 0.5, name, transform=axes.transAxes, ha="right", va="center", fontsize=7)


def kl_per_dimension(figure: Figure, inputs, settings: dict) -> None:
    """KL of each latent dimension on the test images, sorted within each seed; mean and range over the seeds.

    A line marks `floor`, the nats of the report's free bits.
    """
    axes = figure.subplots()
    metrics = pd.read_csv(inputs.metrics)
    rows = metrics[metrics["metric"].str.startswith("kl_dimension_")]
    for (condition, name), colour in _coloured(settings["names"]):
        of_condition = rows[rows["condition"] == condition].groupby("seed")["value"]
        kl = np.stack([np.sort(values)[::-1] for _, values in of_condition])
        rank = np.arange(1, kl.shape[1] + 1)
        line_with_band(axes, rank, kl.mean(0), kl.min(0), kl.max(0), colour, marker="o", ms=3, label=name)
    floor = settings["floor"]
    axes.axhline(floor, color="black", linestyle="--", linewidth=1, label=f"{floor:g} nats, the published floor")
    axes.set(xlabel="latent dimension, the strongest first", ylabel="KL of the dimension (nats)", yscale="log")
    axes.set_xticks(rank)
    figure.legend(loc="outside upper center", ncols=3, fontsize=8)


def traversal(figure: Figure, inputs, settings: dict) -> None:
    """What the latent dimensions of the greatest KL draw, by condition; `seeds` has whose images are shown."""
    values = pd.read_csv(inputs.metrics).set_index(["condition", "seed", "metric"])["value"].sort_index()
    panels = _panels(figure, len(inputs.traversals), height=2.1)
    figure.suptitle("from left to right, one dimension from -3 to 3 and the others at 0", fontsize=8)
    figure.supylabel(f"the {TRAVERSED_DIMENSIONS} strongest dimensions", fontsize=8)
    for axes, (condition, name), path in zip(panels, settings["names"].items(), inputs.traversals, strict=False):
        images = np.load(path)
        of_seed = values[condition, settings["seeds"][condition]]
        kl = np.array([of_seed[f"kl_dimension_{number}"] for number in range(len(images))])
        strongest = np.argsort(-kl)[:TRAVERSED_DIMENSIONS]
        show_grid(axes, images[strongest].reshape(-1, *images.shape[2:]), images.shape[1])
        axes.set_title(name, fontsize=8)


def projection(figure: Figure, inputs, settings: dict) -> None:
    """The posterior means on their two principal axes, by condition, one scale for all."""
    points = list(map(np.load, inputs.projections))
    labels = np.load(inputs.test_labels)[: len(points[0])]
    panels = _panels(figure, len(points), height=2.3, sharex=True, sharey=True)
    reach = 1.05 * max(np.abs(xy).max() for xy in points)
    for axes, name, xy in zip(panels, settings["names"].values(), points, strict=False):
        axes.set_axis_on()
        scatter_classes(axes, xy, labels, read_json(inputs.classes))
        axes.set_title(name, fontsize=8)
        axes.set(aspect="equal", xlim=(-reach, reach), ylim=(-reach, reach))
        axes.xaxis.set_major_locator(MaxNLocator(nbins=3))
    figure.supylabel("second axis (standard deviations of the prior)", fontsize=8)
    for axes in panels[-3:]:
        axes.set_xlabel("first axis")
    class_legend(figure, panels[0])


def _by_minibatch(figure: Figure, minibatches: np.ndarray, last: pd.Series) -> None:
    """Error and KL, float (n, 2), of a finished model by minibatch of one pass, an axis that the report calls "Epoch".

    last: what the report's notebook printed last.
    """
    for axes, values, (part, label) in zip(figure.subplots(1, 2), minibatches.T, PARTS.items(), strict=True):
        colour = COLOURS["blue" if part == "recon" else "orange"]
        axes.plot(np.arange(1, len(values) + 1), values, color=colour, linewidth=0.8)
        axes.axhline(last[part], color="black", linestyle="--", linewidth=1, label="notebook, last minibatch")
        axes.set(xlabel='"Epoch" (minibatch)', ylabel=label, ylim=(0, None))
        axes.legend(loc="lower right", fontsize=7)


def _by_epoch(figure: Figure, epochs: pd.DataFrame, names: dict[str, str], marks: dict[str, pd.DataFrame]) -> None:
    """Error and KL of the training images by epoch, mean and range over the seeds, of those of `names` in `epochs`.

    marks: published numbers (epoch, recon, KL) by what the legend calls them.
    """
    panels = figure.subplots(1, 2)
    for axes, column, (part, label) in zip(panels, ("train_reconstruction", "train_kl"), PARTS.items(), strict=True):
        for (condition, name), colour in _coloured(names):
            values = epochs[epochs["condition"] == condition].groupby("epoch")[column]
            if len(values):
                mean = values.mean()
                line_with_band(axes, mean.index, mean, values.min(), values.max(), colour, label=name)
        for (name, table), mark in zip(marks.items(), "oD", strict=True):
            shown = table[table["epoch"] <= epochs["epoch"].max()]
            if len(shown):
                axes.plot(shown["epoch"], shown[part], mark, color="none", mec="black", ms=4, label=name)
        axes.set(ylabel=label, ylim=(0, None))
        epoch_axis(axes)
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=3, fontsize=8)


def _distance(distances: pd.Series, condition: str, prior: str) -> str:
    return f"Fréchet distance {distances[condition, f'{prior}_frechet_distance']:.3f}"


def _coloured(names: dict[str, str]):
    """Pairs of (condition, name) and colour."""
    return zip(names.items(), cycle(COLOURS.values()), strict=False)


def _panels(figure: Figure, n: int, height: float, **shared) -> np.ndarray:
    """Axes in rows of three, `height` inches each, without frames."""
    columns = min(3, n)
    rows = -(-n // columns)
    figure.set_size_inches(figure.get_figwidth(), height * rows + 0.4)
    panels = figure.subplots(rows, columns, squeeze=False, **shared).ravel()
    for axes in panels:
        axes.set_axis_off()
    return panels
