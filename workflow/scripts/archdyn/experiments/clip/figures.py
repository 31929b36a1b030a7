"""The figures of section 6. A prompt and a class keep their colours in all of them."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from archdyn.experiments.clip.words import PROMPTS
from archdyn.render.published import read_json
from archdyn.render.style import COLOURS, class_legend, class_look, line_with_band
from archdyn.render.tables import means_by_condition
from archdyn.render.words import clipped

PROMPT_COLOURS = dict(zip(PROMPTS, ("blue", "orange", "green", "red"), strict=True))
PROMPT_MARKS = "os^D"
PROJECTIONS = {
    "separate_tsne": "as published: two t-SNE fits\non one pair of axes",
    "joint_tsne": "corrected: one t-SNE fit\nof both",
    "joint_umap": "corrected: one UMAP fit\nof both",
}
SHOWN_CLASSES = 20  # rows that a page has room for


def figure12(figure: Figure, inputs, settings: dict) -> None:
    """Figure 12: images and texts in two dimensions, as they are."""
    _projected_pairs(figure, inputs, "before")


def figure13(figure: Figure, inputs, settings: dict) -> None:
    """Figure 13: images and texts in two dimensions, after alignment."""
    _projected_pairs(figure, inputs, "after")


def classes(figure: Figure, inputs, settings: dict) -> None:
    """Zero-shot accuracy by class and prompt, with Wilson's 95% intervals over the test images, means over seeds.

    Of more classes than a page has room for, those that the plain label serves worst.
    """
    means, classes = means_by_condition(inputs.summary), read_json(inputs.classes)
    measured = [number for number in range(len(classes)) if ("plain", f"accuracy_class_{number}") in means]
    hardest = sorted(measured, key=lambda number: means["plain", f"accuracy_class_{number}"])[:SHOWN_CLASSES]
    shown = measured if len(measured) <= SHOWN_CLASSES else hardest
    figure.set_size_inches(figure.get_figwidth(), 1.2 + 0.34 * len(shown))
    axes = figure.subplots()
    for place, (prompt, name) in enumerate(PROMPTS.items()):
        accuracy, low, high = (
            100 * np.array([means[prompt, f"accuracy_class_{number}{end}"] for number in shown])
            for end in ("", "_low", "_high")
        )
        heights = np.arange(len(shown)) + 0.16 * (place - 1.5)
        look = {"fmt": PROMPT_MARKS[place], "ms": 3, "lw": 1, "color": COLOURS[PROMPT_COLOURS[prompt]]}
        label = f"{name}: {means[prompt, 'accuracy']:.1%} of all"
        axes.errorbar(accuracy, heights, xerr=np.abs([accuracy - low, high - accuracy]), label=label, **look)
    axes.axvline(100 / len(classes), color=COLOURS["grey"], linestyle="--", linewidth=1)
    axes.set(xlabel="zero-shot accuracy (%), 95% interval; dashed: chance", xlim=(-2, 102))
    axes.set_yticks(range(len(shown)), [clipped(classes[number]) for number in shown])
    axes.invert_yaxis()
    if len(shown) < len(measured):
        axes.set_ylabel(f"the {len(shown)} hardest of {len(measured)} classes")
    figure.legend(loc="outside upper center", ncols=4, fontsize=7)


def shift(figure: Figure, inputs, settings: dict) -> None:
    """Zero-shot accuracy and centroid distance as one set moves along the gap; mean and range over the seeds."""
    shift = pd.concat(map(pd.read_csv, inputs.shift))
    figure.set_size_inches(figure.get_figwidth(), 4.6)
    grid = figure.subplots(2, 2, sharex=True, sharey="row")
    for (top, bottom), moved in zip(grid.T, ("images", "texts"), strict=True):
        for place, (prompt, name) in enumerate(PROMPTS.items()):
            # Where curves coincide, marks in turn show each of them.
            marks = {"marker": PROMPT_MARKS[place], "ms": 4.5, "markevery": (place, len(PROMPTS))}
            rows = shift[(shift["moved"] == moved) & (shift["condition"] == prompt)].groupby("shift")
            for axes, metric, scale in ((top, "accuracy", 100), (bottom, "centroid_distance", 1)):
                values = scale * rows[metric].agg(["mean", "min", "max"])
                spread = values["mean"], values["min"], values["max"]
                line_with_band(axes, values.index, *spread, COLOURS[PROMPT_COLOURS[prompt]], label=name, **marks)
        for axes in (top, bottom):
            for position in (0, 1):
                axes.axvline(position, color=COLOURS["grey"], linestyle="--", linewidth=1)
        top.set_title(f"the {moved} move")
        bottom.set_xlabel("share of the gap vector: 0 as it is, 1 closed")
    grid[0, 0].set_ylabel("zero-shot accuracy (%)")
    grid[1, 0].set_ylabel("centroid distance (no unit)")
    grid[1, 0].set_ylim(bottom=0)
    figure.legend(*grid[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=4)


def _projected_pairs(figure: Figure, inputs, stage: str) -> None:
    """Images as dots and texts as large open marks, by class, before or after they are aligned."""
    points, classes = pd.read_csv(inputs.points), read_json(inputs.classes)
    figure.set_size_inches(figure.get_figwidth(), 3.8)
    panels = figure.subplots(1, 3)
    for axes, (projection, title) in zip(panels, PROJECTIONS.items(), strict=True):
        of_projection = points[(points["projection"] == projection) & (points["stage"] == stage)]
        for modality, look in (("text", {"ms": 10, "mew": 1.8, "mfc": "none"}), ("image", {"ms": 3, "mew": 0})):
            of_modality = of_projection[of_projection["modality"] == modality]
            for number, name in enumerate(classes):
                shown = of_modality[of_modality["label"] == number]
                label = name if modality == "text" else None
                axes.plot(shown["x"], shown["y"], linestyle="", **class_look(number), **look, label=label)
        axes.set_title(title, fontsize=8)
        # The dimensions of t-SNE and UMAP have neither unit nor meaning; the first panel's say how unlike two fits are.
        axes.set(xlabel="first dimension (no unit)", ylabel="second dimension (no unit)")
        axes.tick_params(labelsize=7)
        axes.margins(0.08)
        if projection != "separate_tsne":
            axes.set(xticks=[], yticks=[])
    class_legend(figure, panels[0], title="small: images; large and open: texts")
