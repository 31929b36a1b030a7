"""The figures of section 5. A condition keeps its colour in all of them: that of its place in the config."""

from itertools import cycle

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from archdyn.render.images import show_grid
from archdyn.render.published import read_all_published, read_json
from archdyn.render.style import COLOURS, class_legend, epoch_axis, scatter_classes

NAMES = {
    "kl5": "the report's training",
    "beta1": "the report's formula",
    "annealing_published": "annealing as published",
    "unannealed_published": "as published, not annealed",
    "annealing_corrected": "annealing corrected",
    "collapsed": "collapse provoked",
}
STRIP = 8  # images in a row of Figure 10
TRAVERSED_DIMENSIONS = 6


def figure10(figure: Figure, inputs, settings: dict) -> None:
    """Figure 10: test images, their reconstructions, and samples from both priors."""
    originals = np.load(inputs.test_images, mmap_mode="r")
    kinds = ("reconstructions", "normal", "laplace")
    images = {kind: dict(zip(settings["conditions"], map(np.load, inputs[kind]), strict=True)) for kind in kinds}
    summary = pd.read_csv(inputs.summary)
    priors_and_reconstructions(figure, originals, **images, summary=summary, published=settings["published"])


def figure11(figure: Figure, inputs, settings: dict) -> None:
    """Figure 11: the parts of the ELBO, by minibatch of one pass as published, and by epoch."""
    published = read_all_published(inputs.published)
    elbo_parts(figure, np.load(inputs.minibatches), pd.concat(map(pd.read_csv, inputs.epochs)), published)


def kl_per_dimension(figure: Figure, inputs, settings: dict) -> None:
    """The KL of each latent dimension, by condition."""
    kl_by_dimension(figure, pd.read_csv(inputs.metrics), settings["floor"])


def traversal(figure: Figure, inputs, settings: dict) -> None:
    """What single latent dimensions draw, by condition."""
    seeds = settings["seeds"]
    images = dict(zip(seeds, map(np.load, inputs.traversals), strict=True))
    latent_traversal(figure, images, pd.read_csv(inputs.metrics), seeds)


def projection(figure: Figure, inputs, settings: dict) -> None:
    """The posterior means on their two principal axes, by condition."""
    points = dict(zip(settings["conditions"], map(np.load, inputs.projections), strict=True))
    labels = np.load(inputs.test_labels)[: len(next(iter(points.values())))]
    projections(figure, points, labels, read_json(inputs.classes))


def priors_and_reconstructions(
    figure: Figure,
    originals: np.ndarray,
    reconstructions: dict[str, np.ndarray],
    normal: dict[str, np.ndarray],
    laplace: dict[str, np.ndarray],
    summary: pd.DataFrame,
    published: str,
) -> None:
    """Figure 10. uint8 images (n, h, w), by condition, of one seed; the Fréchet distances are means over seeds.

    published: the condition that is of the kind that the report's figure shows; it comes first.
    """
    distances = summary.set_index(["condition", "metric"])["mean"]
    columns = (
        ("test images; below, reconstructions", reconstructions, None),
        ("samples, z ~ N(0, I)", normal, "normal_frechet_distance"),
        ("samples, z ~ Laplace(0, 1)", laplace, "laplace_frechet_distance"),
    )
    figure.set_size_inches(figure.get_figwidth(), 0.3 + 0.82 * (1 + len(reconstructions)))
    grid = figure.subplots(1 + len(reconstructions), len(columns))
    for column, (title, images, metric) in enumerate(columns):
        for axes, condition in zip(grid[1:, column], sorted(images, key=lambda name: name != published), strict=True):
            show_grid(axes, images[condition][: 2 * STRIP], STRIP)
            name = f"as published: {_name(condition)}" if condition == published else _name(condition)
            distance = f"Fréchet distance {distances[condition, metric]:.3f}" if metric else name
            axes.set_title(distance, fontsize=7, fontweight="normal" if metric else "bold", loc="left", pad=2)
        grid[0, column].set_axis_off()
        grid[0, column].set_title(title, fontsize=8, loc="left", y=-0.2 if metric else 1, pad=2)
    show_grid(grid[0, 0], originals[: 2 * STRIP], STRIP)


def elbo_parts(
    figure: Figure, minibatches: np.ndarray, epochs: pd.DataFrame, published: dict[str, pd.DataFrame]
) -> None:
    """Figure 11, as published and below it corrected.

    minibatches: error and KL, float (n, 2), in one pass with a finished model. epochs: of all conditions and seeds.
    published: what the report plots, its numbers by epoch, and the notebook's own last epoch, as config/published.
    """
    figure.set_size_inches(figure.get_figwidth(), 5.6)
    above, below = figure.subfigures(2, 1, height_ratios=[1, 1.8])
    _parts_by_minibatch(above, minibatches, published["figure11_plotted"])
    _parts_by_epoch(below, epochs, published)


def _parts_by_minibatch(figure: Figure, minibatches: np.ndarray, plotted: pd.DataFrame) -> None:
    """The report's panels: the parts of a finished model by minibatch of one pass, an axis that it labels "Epoch"."""
    figure.suptitle(f"as published: one pass with a finished model ({_name('beta1')})", fontsize=9, fontweight="bold")
    parts = (("recon", "squared error\nper image", "blue"), ("KL", "KL per image\n(nats)", "orange"))
    for axes, values, (part, name, colour) in zip(figure.subplots(1, 2), minibatches.T, parts, strict=True):
        axes.plot(np.arange(1, len(values) + 1), values, color=COLOURS[colour], linewidth=0.8)
        axes.axhline(plotted[part].iloc[-1], color="black", linestyle="--", linewidth=1, label="report, last minibatch")
        axes.set(xlabel='"Epoch" (minibatch)', ylabel=name, ylim=(0, None))
    figure.legend(*axes.get_legend_handles_labels(), loc="outside right center", fontsize=7)


def _parts_by_epoch(figure: Figure, epochs: pd.DataFrame, published: dict[str, pd.DataFrame]) -> None:
    """Every condition's own training: mean over the seeds, the range between them, and the numbers of kl5 as marks."""
    panels = figure.subplots(1, 3)
    parts = (
        ("reconstruction", "squared error per image"),
        ("kl", "KL per image (nats)"),
        ("elbo", "ELBO per image\n(nats, no constant)"),
    )
    for axes, (part, name) in zip(panels, parts, strict=True):
        for (condition, colour), label in _coloured(epochs["condition"].unique()):
            of_condition = epochs[epochs["condition"] == condition].groupby("epoch")
            for split, line in (("train", ":"), ("test", "-")):
                values = of_condition[f"{split}_{part}"]
                axes.plot(values.mean(), line, color=colour, label=label if split == "test" else None)
            axes.fill_between(values.mean().index, values.min(), values.max(), color=colour, alpha=0.2, linewidth=0)
        axes.set_ylabel(name)
        epoch_axis(axes)
    for table, mark, label in (("figure11", "D", "report"), ("figure11_notebook", "s", "its notebook")):
        shown = published[table][published[table]["epoch"] <= epochs["epoch"].max()]
        for axes, part in zip(panels, ("recon", "KL"), strict=False):
            axes.plot(shown["epoch"], shown[part], mark, color="none", mec="black", ms=4, label=label)
    panels[1].set_ylim(bottom=0)
    handles, labels = panels[0].get_legend_handles_labels()
    title = "corrected: each condition's own training; solid: test, dotted: training images"
    figure.legend(handles, labels, loc="outside upper center", ncols=4, title=title, fontsize=8)


def kl_by_dimension(figure: Figure, metrics: pd.DataFrame, floor: float) -> None:
    """KL of each latent dimension on the test images, sorted within each seed; mean and range over the seeds.

    A line marks `floor`, the nats of the report's free bits.
    """
    axes = figure.subplots()
    rows = metrics[metrics["metric"].str.startswith("kl_dimension_")]
    for (condition, colour), label in _coloured(rows["condition"].unique()):
        of_condition = rows[rows["condition"] == condition].groupby("seed")["value"]
        kl = np.stack([np.sort(values)[::-1] for _, values in of_condition])
        rank = np.arange(1, kl.shape[1] + 1)
        axes.plot(rank, kl.mean(0), "o-", color=colour, label=label, ms=3)
        axes.fill_between(rank, kl.min(0), kl.max(0), color=colour, alpha=0.2, linewidth=0)
    axes.axhline(floor, color=COLOURS["grey"], linestyle="--", linewidth=1, label="free bits as published")
    axes.set(xlabel="latent dimension, by KL", ylabel="KL per image (nats)", yscale="log", xticks=rank)
    figure.legend(loc="outside upper center", ncols=3)


def latent_traversal(
    figure: Figure, images: dict[str, np.ndarray], metrics: pd.DataFrame, seeds: dict[str, int]
) -> None:
    """What the latent dimensions of the greatest KL draw; images uint8 (20, 7, h, w) and their seed by condition."""
    columns = min(3, len(images))
    rows = -(-len(images) // columns)
    figure.set_size_inches(figure.get_figwidth(), 2.3 * rows)
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes in panels:
        axes.set_axis_off()
    values = metrics.set_index(["condition", "seed", "metric"])["value"]
    for axes, (condition, traversal) in zip(panels, images.items(), strict=False):
        kl = np.array([values[condition, seeds[condition], f"kl_dimension_{n}"] for n in range(len(traversal))])
        strongest = np.argsort(-kl)[:TRAVERSED_DIMENSIONS]
        show_grid(axes, traversal[strongest].reshape(-1, *traversal.shape[2:]), traversal.shape[1])
        axes.set_title(_name(condition), fontsize=8)
    figure.supylabel(f"the {TRAVERSED_DIMENSIONS} dimensions of the greatest KL", fontsize=8)
    figure.suptitle("one dimension from -3 to 3, left to right, the others at 0", fontsize=8)


def projections(figure: Figure, points: dict[str, np.ndarray], labels: np.ndarray, classes: list[str]) -> None:
    """Posterior means on their principal axes, float (n, 2) by condition, one scale for all; labels int (n,)."""
    columns = min(3, len(points))
    rows = -(-len(points) // columns)
    figure.set_size_inches(figure.get_figwidth(), 2.4 * rows + 0.5)
    panels = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True).ravel()
    for axes in panels[len(points) :]:
        axes.set_axis_off()
    reach = 1.05 * max(np.abs(xy).max() for xy in points.values())
    for axes, (condition, xy) in zip(panels, points.items(), strict=False):
        scatter_classes(axes, xy, labels, classes)
        axes.set_title(_name(condition), fontsize=8)
        axes.tick_params(labelbottom=True)
        axes.set(aspect="equal", xlim=(-reach, reach), ylim=(-reach, reach), xlabel="first axis (prior's sd)")
    for axes in panels[::columns]:
        axes.set_ylabel("second axis (prior's sd)")
    class_legend(figure, panels[0])


def _name(condition: str) -> str:
    return NAMES.get(condition, condition)


def _coloured(conditions: list[str]):
    """Pairs of (condition, colour) and name."""
    return zip(zip(conditions, cycle(COLOURS.values()), strict=False), map(_name, conditions), strict=False)
