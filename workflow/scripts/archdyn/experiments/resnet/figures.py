"""The figures of section 2."""

from itertools import product

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from archdyn.experiments.resnet.metrics import class_similarity, confusion
from archdyn.render.published import read_json
from archdyn.render.style import COLOURS, class_legend, few_logarithmic_ticks, scatter_classes

NAMES = {
    "baseline": "baseline",
    "noskip": "no skips",
    "head": "head",
    "random": "random init, all",
    "layer4": "last stage and head",
    "full": "full fine-tune",
    "shallow": "shallow, head",
    "deep": "deep, head",
}
TRAININGS = {  # of the conditions with and without skip connections, by the end of their names: in words, colour
    "published": ("pretrained, the head learns", "blue"),
    "corrected": ("pretrained, the blocks learn", "red"),
    "scratch": ("random weights, all learns", "green"),
}
LINES = {"skips": ("with skips", "-"), "noskip": ("without", "--")}
STRATEGIES = ("head", "layer4", "full", "random")
MARKED_PAIRS = 3


def figure1(figure: Figure, inputs, settings: dict) -> None:
    """Figure 1: the layers projected by UMAP."""
    classes = read_json(inputs.classes)
    points, labels = np.load(inputs.points), np.load(inputs.labels)
    layers_projected(figure, settings["layers"], points, labels, classes, pd.read_csv(inputs.summary))


def figure2(figure: Figure, inputs, settings: dict) -> None:
    """Figure 2: t-SNE beside UMAP, as published and corrected."""
    classes = read_json(inputs.classes)
    points, labels = np.load(inputs.points), np.load(inputs.labels)
    projections_compared(figure, points, labels, classes, pd.read_csv(inputs.summary))


def figure3(figure: Figure, inputs, settings: dict) -> None:
    """Figure 3: what an untrained head and the trained one confuse, and how similar the classes are."""
    classes = read_json(inputs.classes)
    labels = np.load(inputs.labels)
    files = {
        "as published, untrained head": (inputs.untrained_features, inputs.untrained_logits),
        "corrected, trained head": (inputs.features, inputs.logits[0]),
    }
    heads = {}
    for name, (features, logits) in files.items():
        embeddings, answers = np.load(features), np.load(logits)
        of_head = labels[: len(answers)], len(classes)
        heads[name] = confusion(answers, *of_head), class_similarity(embeddings, *of_head)
    confusion_and_similarity(figure, heads, classes)


def gradients(figure: Figure, inputs, settings: dict) -> None:
    """The gradient that reaches each block."""
    gradients_by_block(figure, pd.read_csv(inputs.gradients))


def layers(figure: Figure, inputs, settings: dict) -> None:
    """How well each layer tells the classes apart, and how similar the layers are."""
    cka = pd.read_csv(inputs.cka, index_col=0)
    layers_compared(figure, settings["layers"], pd.read_csv(inputs.summary), cka)


def strategies(figure: Figure, inputs, settings: dict) -> None:
    """Accuracy against what it costs, by strategy."""
    accuracy_against_cost(figure, pd.read_csv(inputs.summary))


def layers_projected(
    figure: Figure, layers: list[str], points: np.ndarray, labels: np.ndarray, classes: list[str], summary: pd.DataFrame
) -> None:
    """Figure 1. UMAP of each layer, float (layers, n, 2), coloured by class, with what probes say of the layer."""
    figure.set_size_inches(figure.get_figwidth(), 5.6)
    cells = summary.set_index(["condition", "metric"])["mean"]
    panels = figure.subplots(2, 2).ravel()
    for axes, layer, xy in zip(panels, layers, points, strict=True):
        _scatter(axes, xy, labels, classes)
        title = f"k-NN {cells[layer, 'knn_accuracy']:.1%}, linear probe {cells[layer, 'probe_accuracy']:.1%}"
        axes.set_title(f"{layer}\n{title}", fontsize=8)
    class_legend(figure, panels[0])


def projections_compared(
    figure: Figure, points: np.ndarray, labels: np.ndarray, classes: list[str], summary: pd.DataFrame
) -> None:
    """Figure 2. t-SNE and UMAP of the penultimate layer, float (4, n, 2): both as published, then both corrected."""
    figure.set_size_inches(figure.get_figwidth(), 7.0)
    cells = summary.set_index(["condition", "metric"])["mean"]
    panels = figure.subplots(2, 2).ravel()
    kinds = [
        (f"{key}{end}", f"{name}, {protocol}")
        for end, protocol in (("_published", "as published"), ("", "corrected"))
        for key, name in (("tsne", "t-SNE"), ("umap", "UMAP"))
    ]
    for axes, (key, name), xy in zip(panels, kinds, points, strict=True):
        _scatter(axes, xy, labels[: len(xy)], classes)
        numbers = (
            f"trustworthiness {cells[key, 'trustworthiness']:.3f}\n"
            f"k-NN {cells[key, 'knn_accuracy']:.1%}, silhouette {cells[key, 'silhouette']:.3f}"
        )
        axes.set_title(f"{name}\n{numbers}", fontsize=8)
    class_legend(figure, panels[0])


def confusion_and_similarity(
    figure: Figure, heads: dict[str, tuple[np.ndarray, np.ndarray]], classes: list[str]
) -> None:
    """Figure 3. By the name of a head: counts int (classes, classes) by true and predicted class, and cosines of the
    class means, float (classes, classes)."""
    figure.set_size_inches(figure.get_figwidth(), 4.6 * len(heads))
    for part, (name, (counts, similarity)) in zip(figure.subfigures(len(heads), 1), heads.items(), strict=True):
        _confusion_of_head(part, name, counts, similarity, classes)


def _confusion_of_head(
    figure: Figure, name: str, counts: np.ndarray, similarity: np.ndarray, classes: list[str]
) -> None:
    left, right = figure.subplots(1, 2, sharey=True)
    shares = counts / counts.sum(1, keepdims=True).clip(min=1)
    image = left.imshow(100 * shares, cmap="Blues", vmin=0, vmax=100)
    figure.colorbar(image, ax=left, location="bottom", aspect=40, label="share of the true class (%)")
    for row, column in zip(*np.nonzero(counts), strict=True):
        colour = "white" if shares[row, column] > 0.5 else "black"
        left.text(column, row, counts[row, column], ha="center", va="center", fontsize=7, color=colour)
    image = right.imshow(similarity, cmap="PuOr", vmin=-1, vmax=1)
    figure.colorbar(image, ax=right, location="bottom", aspect=40, label="cosine of the class means")
    for first, second in confused_pairs(counts, MARKED_PAIRS):
        for axes, (x, y) in product((left, right), ((first, second), (second, first))):
            axes.add_patch(Rectangle((x - 0.5, y - 0.5), 1, 1, fill=False, edgecolor=COLOURS["red"], linewidth=1.4))
    right_share = f"{np.trace(counts) / counts.sum():.1%} of {counts.sum():,}"
    left.set_title(f"{name}: {right_share} right\nmarked: the {MARKED_PAIRS} pairs most often confused", fontsize=8)
    right.set_title("mean embeddings of the classes\nmarked: the same pairs", fontsize=8)
    for axes in (left, right):
        axes.set_anchor("N")
        axes.grid(visible=False)
        axes.set_xticks(range(len(classes)), classes, rotation=90, fontsize=7)
        axes.set_yticks(range(len(classes)), classes, fontsize=7)
    left.set(xlabel="predicted class", ylabel="true class")
    right.set(xlabel="class")


def confused_pairs(counts: np.ndarray, n: int) -> list[tuple[int, int]]:
    """The `n` pairs of classes that are most often taken for each other, most often first."""
    both = counts + counts.T
    pairs = [(i, j) for i in range(len(both)) for j in range(i)]
    return sorted(pairs, key=lambda pair: -both[pair])[:n]


def gradients_by_block(figure: Figure, gradients: pd.DataFrame) -> None:
    """RMS gradient of the parameters of each block, from the input to the output; mean and range over seeds.

    gradients: tidy rows of pairs of conditions, skips_TRAINING and noskip_TRAINING.
    """
    axes = figure.subplots()
    blocks = list(dict.fromkeys(gradients["metric"].str.removeprefix("gradient_")))
    for condition, runs in gradients.groupby("condition", sort=False):
        skips, training = condition.split("_")
        (with_or_without, line), (words, colour) = LINES[skips], TRAININGS[training]
        values = runs.pivot(index="seed", columns="metric", values="value")[[f"gradient_{name}" for name in blocks]]
        x = np.arange(len(blocks))
        axes.plot(x, values.mean(), line, color=COLOURS[colour], marker=".", label=f"{words}: {with_or_without}")
        axes.fill_between(x, values.min(), values.max(), color=COLOURS[colour], alpha=0.2, linewidth=0)
    starts = [number for number, name in enumerate(blocks) if name.endswith(".0")]
    for start in starts[1:]:
        axes.axvline(start - 0.5, color=COLOURS["grey"], linewidth=0.6, linestyle=":")
    middles = [(start + end - 1) / 2 for start, end in zip(starts, [*starts[1:], len(blocks)], strict=True)]
    axes.set_xticks(middles, [blocks[start].split(".")[0] for start in starts])
    axes.set(yscale="log", xlabel="residual block, from the input to the output", ylabel="RMS gradient of the weights")
    figure.legend(loc="outside upper center", ncols=3, fontsize=7)


def layers_compared(figure: Figure, layers: list[str], summary: pd.DataFrame, cka: pd.DataFrame) -> None:
    """Probes of each layer, and the similarity of the layers."""
    left, right = figure.subplots(1, 2)
    cells = summary.set_index(["condition", "metric"])["mean"]
    for (metric, name), colour in zip(
        (("probe_accuracy", "linear probe"), ("knn_accuracy", "k-NN"), ("silhouette", "silhouette")),
        COLOURS.values(),
        strict=False,
    ):
        left.plot(layers, [cells[layer, metric] for layer in layers], "o-", color=colour, label=name)
    left.set(ylabel="accuracy (0 to 1), silhouette (-1 to 1)", xlabel="layer", ylim=(None, 1.02))
    left.tick_params(axis="x", labelsize=7)
    left.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=3, fontsize=8, columnspacing=1)
    image = right.imshow(cka.to_numpy(), cmap="viridis", vmin=0, vmax=1)
    figure.colorbar(image, ax=right, shrink=0.8, label="linear CKA")
    for row, column in np.ndindex(cka.shape):
        value = cka.to_numpy()[row, column]
        right.text(column, row, f"{value:.2f}", ha="center", va="center", color="black" if value > 0.6 else "white")
    right.grid(visible=False)
    right.set_xticks(range(len(layers)), layers, fontsize=7)
    right.set_yticks(range(len(layers)), layers, fontsize=7)


def accuracy_against_cost(figure: Figure, summary: pd.DataFrame) -> None:
    """Test accuracy of the strategies of Table 3 against operations, seconds and learning parameters."""
    figure.set_size_inches(figure.get_figwidth(), 3.2)
    panels = figure.subplots(1, 3, sharey=True)
    cells = summary.set_index(["condition", "metric"])["mean"]
    conditions = set(summary["condition"])
    costs = (
        ("gflops", 1, "arithmetic (GFLOPs)"),
        ("seconds", 1, "time (s)"),
        ("trainable_parameters", 1e-6, "learning parameters (millions)"),
    )
    for axes, (metric, scale, name) in zip(panels, costs, strict=True):
        for strategy, colour in zip(STRATEGIES, COLOURS.values(), strict=False):
            for protocol, mark, fill in (("published", "s", "none"), ("corrected", "o", colour)):
                condition = f"{strategy}_{protocol}"
                if condition in conditions:
                    x, y = scale * cells[condition, metric], 100 * cells[condition, "test_accuracy"]
                    low, high = (100 * cells[condition, f"test_accuracy_{end}"] for end in ("low", "high"))
                    label = f"{NAMES[strategy]}, {protocol}" if axes is panels[0] else None
                    axes.errorbar(x, y, [[y - low], [high - y]], fmt=mark, color=colour, mfc=fill, ms=5, label=label)
        axes.set(xscale="log", xlabel=name)
        few_logarithmic_ticks(axes.xaxis)
    panels[0].set_ylabel("test accuracy (%)\nwith 95% interval")
    figure.legend(loc="outside upper center", ncols=4, fontsize=7)


def _scatter(axes: Axes, xy: np.ndarray, labels: np.ndarray, classes: list[str]) -> None:
    scatter_classes(axes, xy, labels, classes)
    axes.set(xticks=[], yticks=[], xlabel="first dimension (no unit)", ylabel="second dimension (no unit)")
