"""The figures of section 6. A prompt and a class keep their colours in all of them."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from archdyn.render.published import read_json
from archdyn.render.style import COLOURS, class_legend, class_look

PROMPTS = {"plain": "blue", "photo": "orange", "wild": "green", "ensemble": "red"}
PROMPT_MARKS = "os^D"
PROJECTIONS = {
    "separate_tsne": "as published: two t-SNE fits,\neach to its own scale",
    "joint_tsne": "corrected: one t-SNE fit\nof both",
    "joint_umap": "corrected: one UMAP fit\nof both",
}


def figure12(figure: Figure, inputs, settings: dict) -> None:
    """Figure 12: images and texts in two dimensions, as they are."""
    points = pd.read_csv(inputs.points)
    classes = read_json(inputs.classes)
    projected_pairs(figure, points[points["stage"] == "before"], classes)


def figure13(figure: Figure, inputs, settings: dict) -> None:
    """Figure 13: images and texts in two dimensions, after alignment."""
    points = pd.read_csv(inputs.points)
    classes = read_json(inputs.classes)
    projected_pairs(figure, points[points["stage"] == "after"], classes)


def classes(figure: Figure, inputs, settings: dict) -> None:
    """Zero-shot accuracy by class and prompt."""
    accuracy_by_class(figure, pd.read_csv(inputs.summary), read_json(inputs.classes))


def shift(figure: Figure, inputs, settings: dict) -> None:
    """Zero-shot accuracy along the gap."""
    accuracy_along_gap(figure, pd.concat(map(pd.read_csv, inputs.shift)))


def accuracy_by_class(figure: Figure, summary: pd.DataFrame, classes: list[str]) -> None:
    """Zero-shot accuracy by class and prompt, with Wilson's 95% intervals over the test images, means over seeds."""
    figure.set_size_inches(figure.get_figwidth(), 0.9 + 0.34 * len(classes))
    axes = figure.subplots()
    means = summary.set_index(["condition", "metric"])["mean"]
    for place, (prompt, colour) in enumerate(PROMPTS.items()):
        accuracy, low, high = (
            np.array([means[prompt, f"accuracy_class_{number}{end}"] for number in range(len(classes))])
            for end in ("", "_low", "_high")
        )
        heights = np.arange(len(classes)) + 0.16 * (place - 1.5)
        label = f"{prompt}, {means[prompt, 'accuracy']:.1%} of all"
        spread = 100 * np.array([accuracy - low, high - accuracy])
        axes.errorbar(100 * accuracy, heights, xerr=spread, fmt="o", ms=3, lw=1, color=COLOURS[colour], label=label)
    axes.axvline(100 / len(classes), color=COLOURS["grey"], linestyle="--", linewidth=1)
    axes.set(xlabel="zero-shot accuracy (%), 95% interval; dashed: chance", xlim=(-2, 102))
    axes.set_yticks(range(len(classes)), classes)
    axes.invert_yaxis()
    figure.legend(loc="outside upper center", ncols=4)


def accuracy_along_gap(figure: Figure, shift: pd.DataFrame) -> None:
    """Accuracy and centroid distance as one set moves along the gap; mean and range over the seeds."""
    figure.set_size_inches(figure.get_figwidth(), 4.6)
    grid = figure.subplots(2, 2, sharex=True, sharey="row")
    for (top, bottom), moved in zip(grid.T, ("images", "texts"), strict=True):
        for place, (prompt, colour) in enumerate(PROMPTS.items()):
            # Where curves coincide, marks in turn show each of them.
            marks = {"marker": PROMPT_MARKS[place], "ms": 4.5, "markevery": (place, len(PROMPTS))}
            rows = shift[(shift["moved"] == moved) & (shift["condition"] == prompt)].groupby("shift")
            for axes, metric, scale in ((top, "accuracy", 100), (bottom, "centroid_distance", 1)):
                values = scale * rows[metric].agg(["mean", "min", "max"])
                axes.plot(values["mean"], color=COLOURS[colour], label=prompt, **marks)
                axes.fill_between(values.index, values["min"], values["max"], color=COLOURS[colour], alpha=0.2, lw=0)
        for axes in (top, bottom):
            for position in (0, 1):
                axes.axvline(position, color=COLOURS["grey"], linestyle="--", linewidth=1)
        top.set_title(f"the {moved} move")
        bottom.set_xlabel("share of the gap vector: 0 as it is, 1 closed")
    grid[0, 0].set_ylabel("zero-shot accuracy (%)")
    grid[1, 0].set_ylabel("centroid distance (no unit)")
    grid[1, 0].set_ylim(bottom=0)
    figure.legend(*grid[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=4)


def projected_pairs(figure: Figure, points: pd.DataFrame, classes: list[str]) -> None:
    """Images as dots and texts as large open marks, by class; `points` of one stage, a panel per projection."""
    figure.set_size_inches(figure.get_figwidth(), 3.6)
    panels = figure.subplots(1, 3)
    for axes, (projection, title) in zip(panels, PROJECTIONS.items(), strict=True):
        of_projection = points[points["projection"] == projection]
        if projection == "separate_tsne":
            of_projection = _each_to_its_own_scale(of_projection)
        for modality, look in (("image", {"ms": 3, "mew": 0}), ("text", {"ms": 10, "mew": 1.8, "mfc": "none"})):
            of_modality = of_projection[of_projection["modality"] == modality]
            for number, name in enumerate(classes):
                shown = of_modality[of_modality["label"] == number]
                label = name if modality == "text" else None
                axes.plot(shown["x"], shown["y"], linestyle="", **class_look(number), **look, label=label)
        axes.set_title(title, fontsize=8)
        # The dimensions of t-SNE and UMAP have neither unit nor meaning.
        axes.set(xticks=[], yticks=[], xlabel="first dimension (no unit)", ylabel="second dimension (no unit)")
    class_legend(figure, panels[0], title="small: images; large and open: texts", title_fontsize=8)


def _each_to_its_own_scale(points: pd.DataFrame) -> pd.DataFrame:
    """Two fits have unrelated scales: that of the texts, most of them equal, would shrink the images to a dot."""
    coordinates = points.groupby("modality")[["x", "y"]]
    scaled = (points[["x", "y"]] - coordinates.transform("mean")) / coordinates.transform("std")
    return points.assign(x=scaled["x"], y=scaled["y"])
