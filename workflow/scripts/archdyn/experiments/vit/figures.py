"""The figures of section 3. Images are uint8 (n, h, w[, 3]); maps have a cell per patch, or of a CNN's layer."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from PIL import Image

from archdyn.experiments.vit.answers import PROBES, WAYS, cls_maps, likeliest, mask_name, rollout, short_name
from archdyn.experiments.vit.masks import painted
from archdyn.render.published import read_json, read_published
from archdyn.render.style import COLOURS, line_with_band
from archdyn.render.tables import means_by_condition
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
    """Figure 4: the pictures, as published and ours, each beside its `k` likeliest classes, or all of fewer."""
    facts = read_json(inputs.facts)
    shown = {
        "as published: all of it, squashed": (np.load(inputs.squashed), np.load(inputs.published_logits)),
        "ours: the centre, cut out": (np.load(inputs.images), np.load(inputs.logits)),
    }
    names = facts["names"]
    figure.set_size_inches(figure.get_figwidth(), 1.5 * len(names) + 0.9)
    for part, (protocol, (images, logits)) in zip(figure.subfigures(1, len(shown)), shown.items(), strict=True):
        part.suptitle(protocol, fontsize=8, fontweight="bold")
        grid = part.subplots(len(names), 2, squeeze=False, width_ratios=[1, 1.2])
        for (left, right), name, image, found in zip(grid, names, images, logits, strict=True):
            _show(left, image, clipped(name))
            _ranked(right, likeliest(found, facts["classes"], settings["k"]))
        for axes in grid[:-1, 1]:
            axes.set(xlabel="", xticklabels=[])


def figure5(figure: Figure, inputs, settings: dict) -> None:
    """Figure 5: last-layer attention of CLS, one head as published, then their mean; rollout; and a CNN's Grad-CAM.

    The report shows another head of each of its images; of an image of another name we show that of its first.
    """
    facts, loaded = read_json(inputs.facts), ("images", "squashed", "published_maps", "logits", "attention", "cams")
    images, squashed, published_maps, logits, attention, cams = (np.load(inputs[name]) for name in loaded)
    heads = read_published(inputs.published, "figure5").set_index("image")["head"].to_dict()
    columns = {
        "CLS attention,\nmean of the last heads": cls_maps(attention[:, -1].mean(1)),
        "attention rollout,\nall layers": cls_maps(rollout(attention)),
        f"Grad-CAM of the CNN,\n{facts['cnn']['layer']}": cams,
    }
    figure.set_size_inches(figure.get_figwidth(), 1.8 * len(images) + 1.2)
    headings, *grid = figure.subplots(1 + len(images), 2 + len(columns), height_ratios=[0.3, *[2] * len(images)])
    for axes, heading in zip(headings, ("image", "as published:\none head, squashed", *columns), strict=True):
        axes.set_axis_off()
        axes.text(0.5, 0.5, heading, fontsize=7, fontweight="bold", ha="center", transform=axes.transAxes)
    for row, (name, image) in enumerate(zip(facts["names"], images, strict=True)):
        first, second, *others = grid[row]
        _show(first, image, f"{name}\nViT: {_answer(logits[row], facts['classes'])}")
        head = min(heads.get(name, next(iter(heads.values()))), len(published_maps[row]) - 1)
        _show(second, squashed[row], f"head {head}")
        published = as_published(published_maps[row, head], len(squashed[row]))
        second.imshow(published, extent=(0, 1, 1, 0), **PUBLISHED_OVERLAY)
        nowhere = "" if cams[row].any() else "\n(nothing speaks for it)"
        titles = ("", "", f"CNN: {_in_percent(*facts['cnn']['answers'][row])}{nowhere}")
        for axes, maps, title in zip(others, columns.values(), titles, strict=True):
            _overlay(axes, image, maps[row], title)
    _colour_bar(figure, np.array(grid))


def photos(figure: Figure, inputs, settings: dict) -> None:
    """Real photos, what a network with ImageNet's weights calls them, and where it looks."""
    photos, maps, logits = (np.load(inputs[name]) for name in ("photos", "photo_maps", "photo_logits"))
    facts = read_json(inputs.facts)["photos"]
    figure.set_size_inches(figure.get_figwidth(), 1.9 * len(photos) + 0.8)
    grid = figure.subplots(len(photos), 3, squeeze=False, width_ratios=[1, 1, 1.4])
    for row, photo in enumerate(photos):
        _show(grid[row, 0], photo, facts["names"][row])
        top1 = _answer(logits[row], facts["classes"])
        _overlay(grid[row, 1], photo, maps[row], f"Grad-CAM for {top1}, {facts['layer']}")
        _ranked(grid[row, 2], likeliest(logits[row], facts["classes"], settings["k"]))
    _colour_bar(figure, grid[:, :2])


def heads(figure: Figure, inputs, settings: dict) -> None:
    """What CLS attends to in the last layer, head by head."""
    images, names = np.load(inputs.images)[:SHOWN_PICTURES], read_json(inputs.facts)["names"]
    maps = cls_maps(np.load(inputs.attention)[:, -1])
    across = min(HEADS_PER_ROW, maps.shape[1])
    down = -(-maps.shape[1] // across)
    figure.set_size_inches(figure.get_figwidth(), 1.2 * down * len(images) + 0.9)
    grid = figure.subplots(down * len(images), 1 + across, squeeze=False)
    for axes in grid.ravel():
        axes.set_axis_off()
    for number, image in enumerate(images):
        rows = grid[number * down : (number + 1) * down]
        _show(rows[0, 0], image, names[number])
        for head, (axes, of_head) in enumerate(zip(rows[:, 1:].ravel(), maps[number], strict=False)):
            _overlay(axes, image, of_head, f"head {head}")
    _colour_bar(figure, grid)
    _say_left_out(figure, len(maps))


def specialisation(figure: Figure, inputs, settings: dict) -> None:
    """How the heads differ by layer: the entropy of their attention, and how far it reaches."""
    metrics, panels = pd.read_csv(inputs.metrics), figure.subplots(1, 2)
    even = metrics[metrics["condition"] == "attention"].set_index("metric")["value"]
    statistics = (
        ("entropy", 1, "entropy of attention (nats)"),
        ("distance", 100, "attention distance (% of the width)"),
    )
    for axes, (name, scale, title) in zip(panels, statistics, strict=True):
        rows = metrics[metrics["metric"].str.startswith(f"{name}_head")]
        layers, values = rows["condition"].str.removeprefix("layer").astype(int), scale * rows["value"]
        axes.plot(layers, values, "o", color=COLOURS["blue"], ms=4, alpha=0.6, mew=0, label="one head")
        means = values.groupby(layers).mean()
        axes.plot(means, color=COLOURS["red"], label="mean of the heads")
        axes.axhline(scale * even[f"even_{name}"], color=COLOURS["grey"], linestyle=":", label="even attention")
        axes.set(xlabel="layer", ylabel=title, xticks=means.index, ylim=(0, 1.1 * values.max()))
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper center", ncols=3)


def masking(figure: Figure, inputs, settings: dict) -> None:
    """Table 5 as a figure: pictures with black patches (drawn blue) and the answers; accuracy over the masked share."""
    images, masks, logits = (np.load(inputs[name]) for name in ("images", "masks", "masked_logits"))
    sweep, classes = pd.read_csv(inputs.sweep), read_json(inputs.facts)["classes"]
    drawn = sweep[(sweep["seed"] == sweep["seed"].iloc[0]) & (sweep["way"] == "pixels")]
    drawn = drawn.sort_values(["masked", "shape"])
    shown = images[:SHOWN_PICTURES]
    figure.set_size_inches(figure.get_figwidth(), 1.62 * len(shown) + 3.1)
    above, below = figure.subfigures(2, 1, height_ratios=[1.62 * len(shown), 3.1])
    grid = above.subplots(len(shown), len(drawn), squeeze=False)
    for column, (position, mask) in zip(grid.T, drawn.iterrows(), strict=True):
        name = "whole" if mask["shape"] == "whole" else f"{mask['shape']}, {100 * mask['masked']:.0f}% black"
        for row, (axes, image) in enumerate(zip(column, shown, strict=True)):
            answer = _answer(logits[position, row], classes)
            _show(axes, _blue(image, masks[position, row]), answer if row else f"{name}\n{answer}")
    _curves(below, means_by_condition(inputs.summary), settings["fractions"])
    _say_left_out(above, len(images))


def learning_curve(figure: Figure, inputs, settings: dict) -> None:
    """Accuracy of the corrected probes by training images, mean and sd over the seeds; the report's as marks."""
    axes, summary = figure.subplots(), pd.read_csv(inputs.summary)
    whole = int(summary.set_index(["condition", "metric"]).at[("probe_corrected", "train_images"), "mean"])
    conditions = summary["condition"].replace("probe_corrected", f"images_{whole}")
    rows = summary[conditions.str.startswith("images_")]
    rows = rows.assign(images=conditions.str.removeprefix("images_")).astype({"images": int}).sort_values("images")
    reported = dict(read_published(inputs.published, "table6").itertuples(index=False))
    dataset, reported_images = read_published(inputs.published, "probes").loc[0, ["dataset", "training images"]]
    for (name, heading), colour, mark in zip(PROBES.items(), ("blue", "orange", "green"), "Ds^", strict=True):
        of_probe = rows[rows["metric"] == f"{name}_accuracy"]
        counts, mean, sd = of_probe["images"], 100 * of_probe["mean"], 100 * of_probe["sd"].fillna(0)
        line_with_band(axes, counts, mean, mean - sd, mean + sd, COLOURS[colour], marker="o", label=heading, ms=4)
        if heading in reported:
            label = f"report, {heading} ({dataset})"
            axes.plot(reported_images, reported[heading], mark, color=COLOURS[colour], mec="black", ms=5, label=label)
    axes.set(xlabel="training images of the probe", ylabel="test accuracy (%)", xscale="log")
    ticks = sorted({*counts, reported_images})
    axes.set_xticks(ticks, [str(tick) for tick in ticks], minor=False)
    axes.minorticks_off()
    figure.legend(loc="outside upper center", ncols=3)


def _curves(figure: Figure, means: pd.Series, fractions: list[float]) -> None:
    """Accuracy and agreement (%), with 95% intervals, by masked share; `means` by condition and metric."""
    masked = 100 * np.array([0, *fractions])
    titles = {"accuracy": "accuracy of a probe on CLS (%)", "agreement": "same top-1 as unmasked (%)"}
    panels = figure.subplots(1, len(titles))
    for axes, (metric, title) in zip(panels, titles.items(), strict=True):
        for (shape, way), (colour, line) in LINES.items():
            names = ["whole", *(mask_name(shape, way, fraction) for fraction in fractions)]
            of_metric = [[100 * means[name, f"{metric}{end}"] for name in names] for end in ("", "_low", "_high")]
            style = {"linestyle": line, "marker": "o", "ms": 3, "label": f"{shape}, {WAYS[way]}"}
            line_with_band(axes, masked, *of_metric, COLOURS[colour], alpha=0.15, **style)
        axes.set(xlabel="masked patches (%)", ylabel=title, ylim=(0, 101))
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper center", ncols=4, fontsize=8)


def _ranked(axes: Axes, classes: list[tuple[str, float]]) -> None:
    """Bars of the probabilities of classes, likeliest first."""
    names, probabilities = zip(*classes, strict=True)
    ranks = np.arange(len(classes))
    bars = axes.barh(ranks, 100 * np.array(probabilities), color=COLOURS["sky"])
    bars[0].set_color(COLOURS["blue"])
    axes.set(yticks=ranks, xlim=(0, 128), xticks=[0, 50, 100], xlabel="probability (%)")
    axes.set_yticklabels(map(clipped, names), fontsize=7)
    axes.bar_label(bars, [f"{100 * p:.1f}" for p in probabilities], padding=2, fontsize=7)
    axes.invert_yaxis()


def _blue(image: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The image in RGB, its masked patches blue: black ones would vanish on a dark image."""
    rgb = np.stack([image] * 3, -1) if image.ndim == 2 else image
    return painted(rgb, mask, 255 * np.array(to_rgb(COLOURS["blue"])))


def _show(axes: Axes, image: np.ndarray, title: str) -> None:
    axes.imshow(image, cmap="gray", vmin=0, vmax=255, extent=(0, 1, 1, 0))
    axes.set_title(title, fontsize=7)
    axes.set_axis_off()


def _overlay(axes: Axes, image: np.ndarray, values: np.ndarray, title: str) -> None:
    """A map (rows, columns) over the image without its colours, from 0 to the map's largest value."""
    grey = image if image.ndim == 2 else image.mean(-1)
    _show(axes, grey, title)
    axes.imshow(values, extent=(0, 1, 1, 0), vmin=0, interpolation="bilinear", **OVERLAY)


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


def _answer(logits: np.ndarray, classes: list[str]) -> str:
    return _in_percent(*likeliest(logits, classes)[0])


def _in_percent(name: str, probability: float) -> str:
    return f"{clipped(short_name(name))} {100 * probability:.0f}%"
