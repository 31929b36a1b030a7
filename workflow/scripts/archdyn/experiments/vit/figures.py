"""The figures of section 3. Images are uint8 (n, h, w[, 3]); maps have a cell per patch, or of a CNN's layer."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from PIL import Image

from archdyn.experiments.vit.answers import PROBES, WAYS, mask_name, rollout, short_name, top_classes
from archdyn.experiments.vit.masks import enlarge, grid_side
from archdyn.render.published import read_json, read_published
from archdyn.render.style import COLOURS
from archdyn.render.words import clipped

HEADS_PER_ROW = 6
SHOWN_PICTURES = 3  # where each takes many panels
OVERLAY = {"cmap": "inferno", "alpha": 0.6}
PUBLISHED_OVERLAY = {"cmap": "jet", "alpha": 0.5}
LINES = {  # shape and way of a mask: colour, line
    ("random", "pixels"): ("blue", "-"),
    ("centre", "pixels"): ("red", "-"),
    ("random", "tokens"): ("sky", "--"),
    ("centre", "tokens"): ("orange", "--"),
}


def figure4(figure: Figure, inputs, settings: dict) -> None:
    """Figure 4: the pictures and their likeliest classes, as published and ours."""
    facts = read_json(inputs.facts)
    shown = {
        "as published: all of it, squashed": (np.load(inputs.squashed), np.load(inputs.published_logits)),
        "ours: the centre, cut out": (np.load(inputs.images), np.load(inputs.logits)),
    }
    predictions(figure, shown, facts["names"], facts["classes"], settings["k"])


def figure5(figure: Figure, inputs, settings: dict) -> None:
    """Figure 5: what CLS attends to in the last layer, attention rollout, and a CNN's Grad-CAM."""
    facts = read_json(inputs.facts)
    images, logits, attention, cams = (np.load(inputs[name]) for name in ("images", "logits", "attention", "cams"))
    heads = read_published(inputs.published, "figure5").set_index("image")["head"].to_dict()
    published = np.load(inputs.squashed), np.load(inputs.published_maps), heads
    answers = logits, facts["classes"]
    attention_maps(figure, images, facts["names"], answers, attention, cams, facts["cnn"], published)


def photos(figure: Figure, inputs, settings: dict) -> None:
    """Real photos, what a network with ImageNet's weights calls them, and where it looks."""
    photos, maps, logits = (np.load(inputs[name]) for name in ("photos", "photo_maps", "photo_logits"))
    recognised(figure, photos, maps, logits, read_json(inputs.facts)["photos"], settings["k"])


def heads(figure: Figure, inputs, settings: dict) -> None:
    """What CLS attends to in the last layer, head by head."""
    all_heads(figure, np.load(inputs.images), read_json(inputs.facts)["names"], np.load(inputs.attention))


def specialisation(figure: Figure, inputs, settings: dict) -> None:
    """How the heads differ by layer: the entropy of their attention, and how far it reaches."""
    head_specialisation(figure, pd.read_csv(inputs.metrics))


def masking(figure: Figure, inputs, settings: dict) -> None:
    """Answers under masks: the pictures, and accuracy over the masked share of many."""
    images, masks, logits = (np.load(inputs[name]) for name in ("images", "masks", "masked_logits"))
    sweep, summary = (pd.read_csv(inputs[name]) for name in ("sweep", "summary"))
    classes = read_json(inputs.facts)["classes"]
    draw_masking(figure, images, sweep, masks, logits, classes, summary, settings["fractions"])


def learning_curve(figure: Figure, inputs, settings: dict) -> None:
    """Accuracy of the corrected probes by the number of their training images."""
    published, images = (read_published(inputs.published, name) for name in ("table6", "probes"))
    draw_learning_curve(figure, pd.read_csv(inputs.summary), published, images)


def predictions(
    figure: Figure, shown: dict[str, tuple[np.ndarray, np.ndarray]], names: list[str], classes: list[str], k: int
) -> None:
    """Figure 4. In a row for each picture, by protocol, the image beside its `k` likeliest classes, or all of fewer.

    shown: by the name of a protocol, images and logits float (n, classes).
    """
    figure.set_size_inches(figure.get_figwidth(), 1.5 * len(names) + 0.9)
    for part, (protocol, (images, logits)) in zip(
        figure.subfigures(1, len(shown), squeeze=False)[0], shown.items(), strict=True
    ):
        grid = part.subplots(len(names), 2, squeeze=False, width_ratios=[1, 1.2])
        part.suptitle(protocol, fontsize=8, fontweight="bold")
        order, probabilities = top_classes(logits, k)
        for row, name in enumerate(names):
            _show(grid[row, 0], images[row], clipped(name))
            _ranked(grid[row, 1], [classes[number] for number in order[row]], probabilities[row])
        for axes in grid[:-1, 1]:
            axes.set(xlabel="", xticklabels=[])


def recognised(figure: Figure, photos: np.ndarray, maps: np.ndarray, logits: np.ndarray, facts: dict, k: int) -> None:
    """Photos, Grad-CAM maps (n, rows, columns) over them, and their `k` likeliest classes; logits float (n, classes).

    facts: the `names` of the photos, the network's `classes`, and the `layer` of its maps.
    """
    figure.set_size_inches(figure.get_figwidth(), 1.9 * len(photos) + 0.8)
    grid = figure.subplots(len(photos), 3, squeeze=False, width_ratios=[1, 1, 1.4])
    order, probabilities = top_classes(logits, k)
    for row, photo in enumerate(photos):
        _show(grid[row, 0], photo, facts["names"][row])
        top1 = _answer(facts["classes"][order[row, 0]], probabilities[row, 0])
        _overlay(grid[row, 1], photo, maps[row], f"Grad-CAM for {top1}, {facts['layer']}")
        _ranked(grid[row, 2], [facts["classes"][number] for number in order[row]], probabilities[row])
    _colour_bar(figure, grid[:, :2])


def attention_maps(
    figure: Figure,
    images: np.ndarray,
    names: list[str],
    answers: tuple[np.ndarray, list[str]],
    attention: np.ndarray,
    cams: np.ndarray,
    cnn: dict,
    published: tuple[np.ndarray, np.ndarray, dict[str, int]],
) -> None:
    """Figure 5. One head as published; then last-layer CLS attention (mean head), rollout, and a CNN's Grad-CAM.

    answers: the transformer's logits (n, classes) and class names. attention: (n, layers, heads, tokens, tokens).
    cams: (n, rows, columns). cnn: the `layer` of its maps, and for each image its answer and the answer's probability.
    published: the images squashed, their maps (n, heads, side, side), and the head that the report shows by name; of
    an image of another name, that of its first.
    """
    columns = {
        "CLS attention,\nmean of the last heads": _patch_map(attention[:, -1].mean(1)),
        "attention rollout,\nall layers": _patch_map(rollout(attention)),
        f"Grad-CAM of the CNN,\n{cnn['layer']}": cams,
    }
    figure.set_size_inches(figure.get_figwidth(), 1.8 * len(images) + 1.2)
    headings, *grid = figure.subplots(1 + len(images), 2 + len(columns), height_ratios=[0.3, *[2] * len(images)])
    for axes, heading in zip(headings, ("image", "as published:\none head, squashed", *columns), strict=True):
        axes.set_axis_off()
        axes.text(0.5, 0.5, heading, fontsize=7, fontweight="bold", ha="center", transform=axes.transAxes)
    order, probabilities = top_classes(answers[0], 1)
    for row, image in enumerate(images):
        top1 = _answer(answers[1][order[row, 0]], probabilities[row, 0])
        nowhere = "" if cams[row].any() else "\n(nothing speaks for it)"
        titles = ("", "", f"CNN: {_answer(*cnn['answers'][row])}{nowhere}")
        _show(grid[row][0], image, f"{names[row]}\nViT: {top1}")
        squashed, maps_of_heads, heads = published
        head = min(heads.get(names[row], next(iter(heads.values()))), len(maps_of_heads[row]) - 1)
        _published_overlay(grid[row][1], squashed[row], maps_of_heads[row, head], f"head {head}")
        for axes, maps, title in zip(grid[row][2:], columns.values(), titles, strict=True):
            _overlay(axes, image, maps[row], title)
    _colour_bar(figure, np.array(grid))


def all_heads(figure: Figure, images: np.ndarray, names: list[str], attention: np.ndarray) -> None:
    """Last-layer CLS attention of every head; attention (n, layers, heads, tokens, tokens)."""
    images, heads = images[:SHOWN_PICTURES], attention.shape[2]
    across = min(HEADS_PER_ROW, heads)
    down = -(-heads // across)
    figure.set_size_inches(figure.get_figwidth(), 1.2 * down * len(images) + 0.9)
    grid = figure.subplots(down * len(images), 1 + across, squeeze=False)
    for axes in grid.ravel():
        axes.set_axis_off()
    for number, image in enumerate(images):
        _show(grid[number * down, 0], image, names[number])
        for head in range(heads):
            axes = grid[number * down + head // across, 1 + head % across]
            _overlay(axes, image, _patch_map(attention[number, -1, head][None])[0], f"head {head}")
    _colour_bar(figure, grid)
    _say_left_out(figure, len(attention))


def head_specialisation(figure: Figure, metrics: pd.DataFrame) -> None:
    """Entropy and mean distance of every head by layer; `metrics` has the tidy rows of `head_rows`."""
    panels = figure.subplots(1, 2)
    even = metrics[metrics["condition"] == "attention"].set_index("metric")["value"]
    statistics = (
        ("entropy", 1, "entropy of attention (nats)"),
        ("distance", 100, "attention distance (% of the width)"),
    )
    for axes, (name, scale, title) in zip(panels, statistics, strict=True):
        rows = metrics[metrics["metric"].str.startswith(f"{name}_head")]
        layers = rows["condition"].str.removeprefix("layer").astype(int)
        axes.plot(layers, scale * rows["value"], "o", color=COLOURS["blue"], ms=4, alpha=0.6, mew=0, label="one head")
        means = (scale * rows["value"]).groupby(layers).mean()
        axes.plot(means, color=COLOURS["red"], label="mean of the heads")
        axes.axhline(scale * even[f"even_{name}"], color=COLOURS["grey"], linestyle=":", label="even attention")
        axes.set(xlabel="layer", ylabel=title, xticks=means.index, ylim=(0, 1.1 * (scale * rows["value"]).max()))
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper center", ncols=3)


def draw_masking(
    figure: Figure,
    images: np.ndarray,
    sweep: pd.DataFrame,
    masks: np.ndarray,
    logits: np.ndarray,
    classes: list[str],
    summary: pd.DataFrame,
    fractions: list[float],
) -> None:
    """Table 5 as a figure: above, images with black patches (drawn blue) and the answers; below, accuracy by area.

    sweep: a row per mask of the pictures; masks bool (masks, n, patches), logits (masks, n, classes). summary has
    the numbers of many images by condition.
    """
    pictures, images, first = len(images), images[:SHOWN_PICTURES], sweep["seed"].iloc[0]
    drawn = sweep[(sweep["seed"] == first) & (sweep["way"] == "pixels")].sort_values(["masked", "shape"])
    figure.set_size_inches(figure.get_figwidth(), 1.62 * len(images) + 3.1)
    above, below = figure.subfigures(2, 1, height_ratios=[1.62 * len(images), 3.1])
    grid = above.subplots(len(images), len(drawn), squeeze=False)
    for column, (position, mask) in enumerate(drawn.iterrows()):
        order, probabilities = top_classes(logits[position], 1)
        for row, image in enumerate(images):
            name = "whole" if mask["shape"] == "whole" else f"{mask['shape']}, {100 * mask['masked']:.0f}% black"
            answer = _answer(classes[order[row, 0]], probabilities[row, 0])
            _show(grid[row, column], _with_mask(image, masks[position, row]), answer)
            if row == 0:
                grid[row, column].set_title(f"{name}\n{answer}", fontsize=7)
    _curves(below, summary, fractions)
    _say_left_out(above, pictures)


def draw_learning_curve(figure: Figure, summary: pd.DataFrame, published: pd.DataFrame, images: pd.DataFrame) -> None:
    """Accuracy of the corrected probes by training images, mean and sd over the seeds; the report's as marks.

    published: the report's accuracies (%) by features; images: its dataset and number of training images.
    """
    axes = figure.subplots()
    whole = int(summary.set_index(["condition", "metric"]).at[("probe_corrected", "train_images"), "mean"])
    summary = summary.replace({"condition": {"probe_corrected": f"images_{whole}"}})
    rows = summary[summary["condition"].str.startswith("images_")]
    reported = dict(published.itertuples(index=False))
    dataset, reported_images = images.loc[0, ["dataset", "training images"]]
    for (name, heading), colour, mark in zip(PROBES.items(), ("blue", "orange", "green"), "Ds^", strict=True):
        of_probe = rows[rows["metric"] == f"{name}_accuracy"]
        of_probe = of_probe.assign(images=of_probe["condition"].str.removeprefix("images_").astype(int))
        of_probe = of_probe.sort_values("images")
        counts, mean, sd = of_probe["images"], 100 * of_probe["mean"], 100 * of_probe["sd"].fillna(0)
        axes.plot(counts, mean, "o-", color=COLOURS[colour], label=heading, ms=4)
        axes.fill_between(counts, mean - sd, mean + sd, color=COLOURS[colour], alpha=0.2, linewidth=0)
        if heading in reported:
            label = f"report, {heading} ({dataset})"
            axes.plot(reported_images, reported[heading], mark, color=COLOURS[colour], mec="black", ms=5, label=label)
    axes.set(xlabel="training images of the probe", ylabel="test accuracy (%)", xscale="log")
    ticks = sorted({*counts, reported_images})
    axes.set_xticks(ticks, [str(tick) for tick in ticks], minor=False)
    axes.minorticks_off()
    figure.legend(loc="outside upper center", ncols=3)


def _curves(figure: Figure, summary: pd.DataFrame, fractions: list[float]) -> None:
    cells = summary.set_index(["condition", "metric"])["mean"]
    masked = 100 * np.array([0, *fractions])
    titles = {"accuracy": "accuracy of a probe on CLS (%)", "agreement": "same top-1 as unmasked (%)"}
    panels = figure.subplots(1, len(titles))
    for axes, (metric, title) in zip(panels, titles.items(), strict=True):
        for (shape, way), (colour, line) in LINES.items():
            names = ["whole", *(mask_name(shape, way, fraction) for fraction in fractions)]
            mean, low, high = (
                100 * np.array([cells[name, f"{metric}{end}"] for name in names]) for end in ("", "_low", "_high")
            )
            axes.plot(masked, mean, line, color=COLOURS[colour], marker="o", ms=3, label=f"{shape}, {WAYS[way]}")
            axes.fill_between(masked, low, high, color=COLOURS[colour], alpha=0.15, linewidth=0)
        axes.set(xlabel="masked patches (%)", ylabel=title, ylim=(0, 101))
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper center", ncols=4, fontsize=8)


def _ranked(axes: Axes, classes: list[str], probabilities: np.ndarray) -> None:
    ranks = np.arange(len(classes))
    bars = axes.barh(ranks, 100 * probabilities, color=COLOURS["sky"])
    bars[0].set_color(COLOURS["blue"])
    axes.set(yticks=ranks, xlim=(0, 128), xticks=[0, 50, 100], xlabel="probability (%)")
    axes.set_yticklabels([clipped(short_name(name)) for name in classes], fontsize=7)
    axes.bar_label(bars, [f"{100 * p:.1f}" for p in probabilities], padding=2, fontsize=7)
    axes.invert_yaxis()


def _patch_map(attention: np.ndarray) -> np.ndarray:
    """From CLS to the patches: attention (n, tokens, tokens) -> (n, side, side)."""
    patches = attention[:, 0, 1:]
    side = grid_side(patches)
    return patches.reshape(-1, side, side)


def _with_mask(image: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The image in RGB, its masked patches blue: black ones would vanish on a dark image."""
    rgb = np.stack([image] * 3, -1) if image.ndim == 2 else image.copy()
    rgb[enlarge(mask[None], *image.shape[:2])[0]] = 255 * np.array(to_rgb(COLOURS["blue"]))
    return rgb


def _show(axes: Axes, image: np.ndarray, title: str) -> None:
    axes.imshow(image, cmap="gray", vmin=0, vmax=255, extent=(0, 1, 1, 0))
    axes.set_title(title, fontsize=7)
    axes.set_axis_off()


def _overlay(axes: Axes, image: np.ndarray, values: np.ndarray, title: str) -> None:
    """A map (rows, columns) over the image without its colours, from 0 to the map's largest value."""
    grey = image if image.ndim == 2 else image.mean(-1)
    _show(axes, grey, title)
    axes.imshow(values, extent=(0, 1, 1, 0), vmin=0, interpolation="bilinear", **OVERLAY)


def _published_overlay(axes: Axes, image: np.ndarray, values: np.ndarray, title: str) -> None:
    """A map (rows, columns) over the image (size, size[, 3]), as the report draws it (`as_published`)."""
    _show(axes, image, title)
    axes.imshow(as_published(values, len(image)), extent=(0, 1, 1, 0), **PUBLISHED_OVERLAY)


def as_published(values: np.ndarray, size: int) -> np.ndarray:
    """A map (rows, columns) from its smallest to its largest value, cut to whole numbers of 0..255 (uint8) and then
    enlarged by Pillow, bicubically, to (size, size)."""
    span = values - values.min()
    levels = (span / (span.max() or 1) * 255).astype(np.uint8)
    return np.array(Image.fromarray(levels).resize((size, size)))


def _say_left_out(figure: Figure, pictures: int) -> None:
    if pictures > SHOWN_PICTURES:
        figure.suptitle(f"the first {SHOWN_PICTURES} of {pictures} pictures", fontsize=8)


def _colour_bar(figure: Figure, grid: np.ndarray) -> None:
    """What the colours of `_overlay` mean, below the panels `grid`."""
    colours = ScalarMappable(cmap=OVERLAY["cmap"])
    label = "value of a map (no unit)"
    bar = figure.colorbar(
        colours, ax=grid, location="bottom", aspect=60, shrink=0.6, alpha=OVERLAY["alpha"], label=label
    )
    bar.set_ticks([0, 1], labels=["0", "largest of the map"])


def _answer(name: str, probability: float) -> str:
    return f"{clipped(short_name(name))} {100 * probability:.0f}%"
