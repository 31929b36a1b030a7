"""The figures of section 4. Step arrays are float32 (steps, 5): loss_d, loss_g, d_real, d_fake, grad_norm_g."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from archdyn.render.images import show_grid
from archdyn.render.published import read_published
from archdyn.render.style import COLOURS, epoch_axis

LOSS_D, LOSS_G, *_, GRAD_NORM_G = range(5)
OVERFIT_GRID = 8  # rows and columns of samples in Figure 9, as published
NAMES = {
    "baseline": "baseline",
    "linder_noren": "Linder-Norén",
    "collapse": "collapse setting",
    "collapse_mitigated": "mitigation as published",
    "collapse_minibatch": "minibatch discrimination",
    "overfit": "without dropout",
    "vanishing_published": "as published (wrong sign)",
    "vanishing_corrected": "minimax loss, corrected",
    "mitigated": "mitigated",
}


def figure6(figure: Figure, inputs, settings: dict) -> None:
    """Figure 6: the baseline's losses by step."""
    published = read_published(inputs.published, "figure6")
    losses_by_step(figure, [np.load(file) for file in inputs.steps], settings["epochs"], published)


def figure7(figure: Figure, inputs, settings: dict) -> None:
    """Figure 7: samples of the baseline from fixed noise, beside the comparator's and real images."""
    real = np.load(inputs.test_images, mmap_mode="r")
    summary = pd.read_csv(inputs.summary)
    samples = [np.load(inputs[name]) for name in ("published", "corrected", "linder_noren")]
    sample_grids(figure, *samples, real, summary)


def figure8(figure: Figure, inputs, settings: dict) -> None:
    """Figure 8: mode collapse and its mitigations: samples, and the classes drawn."""
    samples = dict(zip(settings["conditions"], map(np.load, inputs.samples), strict=True))
    collapse_and_mitigation(figure, samples, pd.read_csv(inputs.metrics))


def figure9(figure: Figure, inputs, settings: dict) -> None:
    """Figure 9: samples as published, and what the discriminator gets right by epoch, without and with dropout."""
    samples = {
        name: np.load(file, mmap_mode="r") for name, file in zip(settings["conditions"], inputs.samples, strict=True)
    }
    epochs = {name: [pd.read_csv(file) for file in inputs[name]] for name in settings["conditions"]}
    published = read_published(inputs.published, "figure9")
    overfitting(figure, samples, epochs, published, settings["dropout"])


def gradients(figure: Figure, inputs, settings: dict) -> None:
    """The generator's gradient norm by step: vanishing (published and corrected loss) and mitigated."""
    gradient_norms(figure, {condition: [np.load(file) for file in files] for condition, files in inputs.items()})


def losses_by_step(figure: Figure, seeds: list[np.ndarray], epochs: int, published: pd.DataFrame) -> None:
    """Figure 6. Losses smoothed over 1% of the steps, a line per seed; the published last-batch losses as marks."""
    axes = figure.subplots()
    for column, name, colour in ((LOSS_D, "discriminator", "blue"), (LOSS_G, "generator", "orange")):
        for number, steps in enumerate(seeds):
            epoch = np.arange(1, len(steps) + 1) * epochs / len(steps)
            smooth = pd.Series(steps[:, column]).rolling(max(1, len(steps) // 100), min_periods=1).mean()
            if number == 0:
                axes.plot(epoch, steps[:, column], color=COLOURS[colour], alpha=0.15, linewidth=0.4)
            axes.plot(epoch, smooth, color=COLOURS[colour], label=name if number == 0 else None, alpha=0.9)
    reached = published[published["epoch"] <= epochs]
    for heading, colour in (("D loss", "blue"), ("G loss", "orange")):
        label = f"report, {heading[0]}, last batch"
        axes.plot(reached["epoch"], reached[heading], "D", color=COLOURS[colour], mec="black", ms=5, label=label)
    axes.axhline(2 * np.log(2), color=COLOURS["grey"], linestyle=":", linewidth=1)
    axes.annotate(
        "2 ln 2: D guesses",
        (0.01, 2 * np.log(2)),
        (0, 3),
        ("axes fraction", "data"),
        "offset points",
        fontsize=7,
    )
    top = np.percentile(np.concatenate(seeds)[:, [LOSS_D, LOSS_G]], 99.5)
    axes.set(ylabel="loss per image (nats)", ylim=(0, top * 1.1), xlim=(0, epochs * 1.01))
    epoch_axis(axes)
    figure.legend(loc="outside upper center", ncols=4)


def sample_grids(
    figure: Figure,
    published: np.ndarray,
    corrected: np.ndarray,
    comparator: np.ndarray,
    real: np.ndarray,
    summary: pd.DataFrame,
) -> None:
    """Figure 7. uint8 (epochs, 25, h, w) from fixed noise: the baseline's with BatchNorm in train mode (`published`)
    and in eval mode (`corrected`), the comparator's in train mode; `real`: uint8 (n, h, w)."""
    last = len(published)
    middle = (last + 1) // 2
    frechet = summary[summary["metric"] == "frechet_distance"].set_index("condition")["mean"]
    panels = [
        (f"baseline, epoch {middle}\ntrain mode", published[middle - 1]),
        (f"baseline, epoch {last}\ntrain mode", published[-1]),
        (f"the same, eval mode\nFréchet {frechet['baseline']:.3f}", corrected[-1]),
        (f"Linder-Norén, epoch {len(comparator)}\nFréchet {frechet['linder_noren_20']:.3f}", comparator[-1]),
        (f"real, held out\nFréchet {frechet['held_out']:.3f}", real[:25]),
    ]
    figure.set_size_inches(figure.get_figwidth(), 2.05)
    for axes, (title, images) in zip(figure.subplots(1, len(panels)), panels, strict=True):
        show_grid(axes, images, columns=5)
        axes.set_anchor("N")
        axes.set_title(title, fontsize=7.5)


def collapse_and_mitigation(figure: Figure, samples: dict[str, np.ndarray], metrics: pd.DataFrame) -> None:
    """Figure 8. Last samples above, the classes that the classifier sees in many samples below."""
    figure.set_size_inches(figure.get_figwidth(), 4.2)
    grid = figure.subplots(2, len(samples), height_ratios=[1.5, 1])
    for column, (condition, images) in enumerate(samples.items()):
        show_grid(grid[0, column], images[-1], columns=5)
        grid[0, column].set_title(NAMES[condition])
        _class_shares(grid[1, column], metrics[metrics["condition"] == condition])
        grid[1, column].sharey(grid[1, 0])
    grid[1, 0].set_ylabel("share of samples (%)")
    figure.legend(*grid[1, 0].get_legend_handles_labels(), loc="outside upper right", fontsize=8)


def overfitting(
    figure: Figure,
    samples: dict[str, np.ndarray],
    epochs: dict[str, list[pd.DataFrame]],
    published: pd.DataFrame,
    dropout: float,
) -> None:
    """Figure 9: samples as published above, what the discriminator gets right below, by condition.

    samples: uint8 (n, h, w), of which 8 x 8 are shown. published: what the notebook printed of the condition overfit.
    dropout: the share of units that the condition overfit_dropout drops.
    """
    names = NAMES | {"overfit_dropout": f"dropout {dropout:g}"}
    figure.set_size_inches(figure.get_figwidth(), 5.2)
    above, below = figure.subplots(2, len(samples) + 1)
    for axes, (condition, images) in zip(above, samples.items(), strict=False):
        show_grid(axes, images[: OVERFIT_GRID**2], OVERFIT_GRID)
        axes.set_title(names[condition])
    _last_batches(above[-1], epochs["overfit"], published)
    _accuracies(below, epochs, names)
    figure.legend(*below[0].get_legend_handles_labels(), loc="outside upper center", ncols=3)


def gradient_norms(figure: Figure, steps: dict[str, list[np.ndarray]]) -> None:
    """The generator's gradient by step, a line per seed, on a logarithmic axis."""
    axes = figure.subplots()
    colours = ("red", "purple", "green")
    for (condition, runs), colour in zip(steps.items(), colours, strict=True):
        for number, run in enumerate(runs):
            label = NAMES[condition] if number == 0 else None
            axes.plot(np.arange(1, len(run) + 1), run[:, GRAD_NORM_G], color=COLOURS[colour], label=label, alpha=0.8)
    axes.set(xlabel="generator step", ylabel="L2 norm of the generator's gradient", yscale="log")
    figure.legend(loc="outside upper center", ncols=3)


def _last_batches(axes: Axes, runs: list[pd.DataFrame], published: pd.DataFrame) -> None:
    """Losses of the last batch by epoch, mean and range over the seeds, and what the notebook printed as marks."""
    by_epoch = pd.concat(runs).groupby("epoch")
    shown = published[published["epoch"] <= len(by_epoch)]
    for loss, colour in (("D", "blue"), ("G", "orange")):
        values = by_epoch[f"loss_{loss.lower()}"]
        axes.plot(values.mean(), color=COLOURS[colour], label=loss)
        axes.fill_between(
            values.mean().index, values.min(), values.max(), color=COLOURS[colour], alpha=0.2, linewidth=0
        )
        axes.plot(shown["epoch"], shown[f"{loss} loss"], "D", color=COLOURS[colour], mec="black", ms=5)
    axes.set(title=NAMES["overfit"], ylabel="loss of the last batch (nats)", ylim=(0, None))
    epoch_axis(axes)
    axes.legend(fontsize=7)


def _accuracies(panels: list[Axes], epochs: dict[str, list[pd.DataFrame]], names: dict[str, str]) -> None:
    """The discriminator's accuracy on each kind of image, and how much better it is on those it was trained on."""
    *panels, gap_panel = panels
    kinds = (  # the narrower line lies on the wider one where both agree
        ("fake", "fakes", "grey", 1.4),
        ("train", "training images", "blue", 2.4),
        ("held_out", "held-out images", "red", 1.0),
    )
    for axes, (condition, runs), gap_colour in zip(panels, epochs.items(), ("purple", "green"), strict=True):
        accuracy = {kind: 100 * np.stack([run[f"d_accuracy_{kind}"] for run in runs]) for kind, *_ in kinds}
        for kind, name, colour, width in kinds:
            _smooth_over_seeds(axes, accuracy[kind], COLOURS[colour], name, width)
        axes.set(title=names[condition], ylim=(-2, 102))
        epoch_axis(axes)
        gap = accuracy["train"] - accuracy["held_out"]
        _smooth_over_seeds(gap_panel, gap, COLOURS[gap_colour], names[condition], width=1.4)
    panels[0].set_ylabel("discriminator accuracy (%)")
    gap_panel.axhline(0, color=COLOURS["grey"], linewidth=0.8)
    gap_panel.set(title="training - held out", ylabel="gap (percentage points)")
    epoch_axis(gap_panel)
    gap_panel.legend(fontsize=7)


def _smooth_over_seeds(axes: Axes, values: np.ndarray, colour: str, label: str, width: float) -> None:
    """Values (seeds, epochs): a running mean over five epochs of the seeds' mean, over the faint seeds themselves."""
    epoch = np.arange(1, values.shape[1] + 1)
    axes.plot(epoch, values.T, color=colour, alpha=0.18, linewidth=0.6)
    axes.plot(
        epoch, pd.Series(values.mean(0)).rolling(5, min_periods=1).mean(), color=colour, label=label, linewidth=width
    )


def _class_shares(axes: Axes, metrics: pd.DataFrame) -> None:
    """Bars of the mean share by class, a dot per seed, and the even share as a line."""
    shares = metrics[metrics["metric"].str.startswith("class_share_")]
    by_class = shares.assign(digit=shares["metric"].str.rsplit("_", n=1).str[1].astype(int)).groupby("digit")["value"]
    mean = 100 * by_class.mean()
    axes.bar(mean.index, mean, color=COLOURS["sky"])
    for digit, values in by_class:
        if len(values) > 1:
            axes.plot([digit] * len(values), 100 * values, ".", color="black", ms=3)
    axes.axhline(100 / len(mean), color=COLOURS["grey"], linestyle=":", linewidth=1, label="even share")
    axes.set(xlabel="class seen by the classifier", xticks=mean.index)
