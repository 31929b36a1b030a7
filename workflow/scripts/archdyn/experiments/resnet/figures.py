"""The figures of section 2."""

from itertools import product

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.patches import Rectangle

from archdyn.experiments.resnet.confusions import class_similarity, confusion, printed_confusion
from archdyn.render.published import read_json, read_published
from archdyn.render.style import (
    COLOURS,
    class_legend,
    class_ticks,
    few_logarithmic_ticks,
    line_with_band,
    scatter_classes,
)
from archdyn.render.tables import means_by_condition

MARKED_PAIRS = 3
NUMBERED = 12  # classes up to which a matrix has room for its numbers


def figure1(figure: Figure, inputs, settings: dict) -> None:
    """Figure 1: UMAP of each layer, coloured by class, with what probes say of the layer."""
    classes, means = read_json(inputs.classes), means_by_condition(inputs.summary)
    points, labels = np.load(inputs.points), np.load(inputs.labels)
    figure.set_size_inches(figure.get_figwidth(), 5.6)
    panels = figure.subplots(2, 2).ravel()
    for axes, layer, xy in zip(panels, settings["layers"], points, strict=True):
        numbers = f"k-NN {means[layer, 'knn_accuracy']:.1%}, linear probe {means[layer, 'probe_accuracy']:.1%} right"
        _scatter(axes, xy, labels, classes, f"{layer}\n{numbers}")
    class_legend(figure, panels[0])


def figure2(figure: Figure, inputs, settings: dict) -> None:
    """Figure 2: t-SNE and UMAP of the penultimate layer, both as published, then both corrected."""
    classes, means = read_json(inputs.classes), means_by_condition(inputs.summary)
    points, labels = np.load(inputs.points), np.load(inputs.labels)
    figure.set_size_inches(figure.get_figwidth(), 6.6)
    panels = figure.subplots(2, 2).ravel()
    kinds = product((("_published", "as published"), ("", "corrected")), (("tsne", "t-SNE"), ("umap", "UMAP")))
    for axes, ((end, protocol), (key, name)), xy in zip(panels, kinds, points, strict=True):
        found = means[f"{key}{end}"]
        numbers = f"silhouette {found['silhouette']:.2f}, k-NN {found['knn_accuracy']:.1%} right"
        _scatter(axes, xy, labels[: len(xy)], classes, f"{name}, {protocol}\n{numbers}")
    class_legend(figure, panels[0])


def figure3(figure: Figure, inputs, settings: dict) -> None:
    """Figure 3: what an untrained head and the trained one confuse, and, of ours, how similar the classes are."""
    classes, labels = read_json(inputs.classes), np.load(inputs.labels)
    matrices = {}
    for name, features, answers in (
        ("ours, as published", inputs.untrained_features, np.load(inputs.untrained_answers)[0]),
        ("ours, corrected", inputs.features, np.load(inputs.logits[0]).argmax(1)),
    ):
        of_head = labels[: len(answers)], len(classes)
        matrices[name] = confusion(answers, *of_head), class_similarity(np.load(features), *of_head)
    if (printed := printed_confusion(read_published(inputs.published, "figure3"), classes)) is not None:
        matrices = {"report": (printed, None)} | matrices
    side = min(2.3, (figure.get_figwidth() - 1.8) / len(matrices))
    figure.set_size_inches(figure.get_figwidth(), 2 * (side + 1.1))
    grid = figure.subplots(2, len(matrices), squeeze=False)
    for (top, bottom), (name, (counts, similarity)) in zip(grid.T, matrices.items(), strict=True):
        percent = 100 * counts / counts.sum(1, keepdims=True).clip(min=1)
        confused = _matrix(top, percent, classes, cmap="Blues", vmin=0, vmax=100)
        top.set_title(f"{name}:\n{np.trace(counts):,} of {counts.sum():,} right", fontsize=8)
        if similarity is None:
            bottom.set_axis_off()
        else:
            similar = _matrix(bottom, similarity, classes, cmap="PuOr", vmin=-1, vmax=1)
        for (one, other), axes in product(confused_pairs(counts, MARKED_PAIRS), (top, bottom)):
            for x, y in ((one, other), (other, one)):
                axes.add_patch(Rectangle((x - 0.5, y - 0.5), 1, 1, fill=False, ec=COLOURS["red"], linewidth=1.4))
    for axes in (*grid[0, 1:], *(grid[1, 1:] if grid[1, 0].axison else grid[1, 2:])):
        axes.tick_params(axis="y", labelleft=False)
    figure.colorbar(confused, ax=list(grid[0]), aspect=25, shrink=0.8, label="share of the true class (%)")
    figure.colorbar(similar, ax=list(grid[1]), aspect=25, shrink=0.8, label="cosine of the class means")
    grid[0, 0].set_ylabel("true class")
    for axes in grid[0]:
        axes.set_xlabel("answer")


def gradients(figure: Figure, inputs, settings: dict) -> None:
    """RMS gradient of the parameters of each block, from the input to the output; mean and range over seeds.

    `names` has pairs of conditions, skips_TRAINING and noskip_TRAINING.
    """
    axes, gradients, names = figure.subplots(), pd.read_csv(inputs.gradients), settings["names"]
    blocks = list(dict.fromkeys(gradients["metric"].str.removeprefix("gradient_")))
    trainings = list(dict.fromkeys(condition.split("_")[1] for condition in names))
    for condition, name in names.items():
        runs = gradients[gradients["condition"] == condition]
        skips, training = condition.split("_")
        colour = COLOURS[("blue", "red", "green")[trainings.index(training)]]
        values = runs.pivot(index="seed", columns="metric", values="value")[[f"gradient_{block}" for block in blocks]]
        x, line = np.arange(len(blocks)), {"skips": "-", "noskip": "--"}[skips]
        none = (values.mean() == 0).to_numpy()
        style = {"linestyle": line, "marker": ".", "label": name}
        line_with_band(axes, x, values.mean().replace(0, np.nan), values.min(), values.max(), colour, **style)
        axes.plot(x[none], np.zeros(none.sum()), "v", color=colour, transform=axes.get_xaxis_transform(), clip_on=False)
    starts = [number for number, name in enumerate(blocks) if name.endswith(".0")]
    for start in starts[1:]:
        axes.axvline(start - 0.5, color=COLOURS["grey"], linewidth=0.6, linestyle=":")
    middles = [(start + end - 1) / 2 for start, end in zip(starts, [*starts[1:], len(blocks)], strict=True)]
    axes.set_xticks(middles, [blocks[start].split(".")[0] for start in starts])
    axes.set(
        yscale="log",
        xlabel="residual block, from the input to the output",
        ylabel="RMS gradient of the weights\n(triangle: none at all)",
    )
    figure.legend(loc="outside upper center", ncols=3, fontsize=7)


def layers(figure: Figure, inputs, settings: dict) -> None:
    """How well each layer tells the classes apart, and how similar the layers are."""
    layers, means = settings["layers"], means_by_condition(inputs.summary)
    cka = pd.read_csv(inputs.cka, index_col=0).to_numpy()
    left, right = figure.subplots(1, 2)
    probes = {"probe_accuracy": ("linear probe", "blue"), "knn_accuracy": ("nearest neighbours", "orange")}
    for metric, (name, colour) in probes.items():
        left.plot(layers, [100 * means[layer, metric] for layer in layers], "o-", color=COLOURS[colour], label=name)
    left.set(ylabel="right among the test images (%)", xlabel="layer", ylim=(0, 102))
    left.tick_params(axis="x", labelsize=7)
    left.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=2, fontsize=8, columnspacing=1)
    image = right.imshow(cka, cmap="viridis", vmin=0, vmax=1)
    figure.colorbar(image, ax=right, shrink=0.8, label="linear CKA")
    for (row, column), value in np.ndenumerate(cka):
        right.text(column, row, f"{value:.2f}", ha="center", va="center", color="black" if value > 0.6 else "white")
    right.grid(visible=False)
    right.set_xticks(range(len(layers)), layers, fontsize=7)
    right.set_yticks(range(len(layers)), layers, fontsize=7)


def strategies(figure: Figure, inputs, settings: dict) -> None:
    """Test accuracy of the strategies of Table 3, STRATEGY_PROTOCOL, against operations, seconds and parameters."""
    means, names = means_by_condition(inputs.summary), settings["names"]
    figure.set_size_inches(figure.get_figwidth(), 3.2)
    panels = figure.subplots(1, 3, sharey=True)
    costs = (
        ("gflops", 1, "arithmetic (GFLOP)"),
        ("seconds", 1, "time (s)"),
        ("trainable_parameters", 1e-6, "learning parameters (millions)"),
    )
    colours = dict(zip(dict.fromkeys(name.split("_")[0] for name in names), COLOURS.values(), strict=False))
    for axes, (metric, scale, name) in zip(panels, costs, strict=True):
        for condition, label in names.items():
            strategy, protocol = condition.split("_")
            mark, fill = {"published": ("s", "none"), "corrected": ("o", colours[strategy])}[protocol]
            x, y = scale * means[condition, metric], 100 * means[condition, "test_accuracy"]
            spread = [[abs(y - 100 * means[condition, f"test_accuracy_{end}"])] for end in ("low", "high")]
            axes.errorbar(x, y, spread, fmt=mark, color=colours[strategy], mfc=fill, ms=5, label=label)
        axes.set(xscale="log", xlabel=name)
        few_logarithmic_ticks(axes.xaxis)
    panels[0].set_ylabel("test accuracy (%)\nwith 95% interval")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper center", ncols=4, fontsize=7)


def _matrix(axes: Axes, values: np.ndarray, classes: list[str], **colours) -> AxesImage:
    """A value for each pair of classes; whole percent as numbers too, where there is room."""
    image = axes.imshow(values, **colours)
    if colours["vmax"] == 100 and len(classes) <= NUMBERED:
        for (row, column), value in np.ndenumerate(values):
            if round(value):
                colour = "white" if value > 50 else "black"
                axes.text(column, row, f"{value:.0f}", ha="center", va="center", fontsize=7, color=colour)
    axes.grid(visible=False)
    class_ticks(axes.xaxis, classes, rotation=90)
    class_ticks(axes.yaxis, classes)
    return image


def confused_pairs(counts: np.ndarray, n: int) -> list[tuple[int, int]]:
    """The `n` pairs of classes that are most often taken for each other, most often first."""
    both = counts + counts.T
    pairs = [(i, j) for i in range(len(both)) for j in range(i)]
    return sorted(pairs, key=lambda pair: -both[pair])[:n]


def _scatter(axes: Axes, xy: np.ndarray, labels: np.ndarray, classes: list[str], title: str) -> None:
    scatter_classes(axes, xy, labels, classes)
    axes.set(xticks=[], yticks=[], xlabel="first dimension (no unit)", ylabel="second dimension (no unit)")
    axes.set_title(title, fontsize=8)
