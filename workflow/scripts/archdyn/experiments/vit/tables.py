"""The tables of section 3."""

import numpy as np
import pandas as pd
from scipy.special import softmax

from archdyn.experiments.vit.answers import PROBES, WAYS, mask_name, short_name, top_classes
from archdyn.render.published import read_json, read_published
from archdyn.render.tables import above
from archdyn.render.words import format_mean_sd

DIFFERENCES = {"mean_patch_minus_cls": "mean of patches - CLS", "both_minus_cls": "CLS and mean - CLS"}
PROTOCOLS = {"probe_published": "ours, published protocol", "probe_corrected": "ours, corrected"}
CONTROLS = {  # masks whose content is told apart from their place
    "random": "random",
    "centre": "centre",
    "matched": "random, with the centre's ink",
    "attended": "most attended",
    "gradcam": "strongest by Grad-CAM",
    "block_random": "random",
    "block": "the report's block",
    "block_matched": "random, with the block's ink",
}
COLUMNS = [(shape, way) for way in WAYS for shape in ("random", "centre")]


def predictions(inputs, settings: dict) -> pd.DataFrame:
    """The likeliest classes of the pictures, with their probabilities."""
    facts = read_json(inputs.facts)
    return predictions_table(facts["names"], np.load(inputs.logits), facts["classes"], settings["k"])


def table5(inputs, settings: dict) -> pd.DataFrame:
    """Table 5: answers to the pictures under masks, published beside ours."""
    facts, published = read_json(inputs.facts), read_published(inputs.published, "table5")
    logits = (np.load(inputs[name]) for name in ("masked_logits", "squashed_logits"))
    sweep = pd.read_csv(inputs.sweep)
    return table5_rows(published, facts["names"], sweep, *logits, facts["classes"], settings["are_published"])


def masked_accuracy(inputs, settings: dict) -> pd.DataFrame:
    """Accuracy and agreement by masked share, with 95% intervals."""
    summary = pd.read_csv(inputs.summary)
    table = masking_table(summary, settings["fractions"])
    table.attrs["sentence"] = masked_images(summary)
    return table


def mask_controls(inputs, settings: dict) -> pd.DataFrame:
    """Masks of one area that differ in their content, with 95% intervals."""
    summary = pd.read_csv(inputs.summary)
    table = control_table(summary, settings["share"])
    table.attrs["sentence"] = masked_images(summary)
    return table


def table6(inputs, settings: dict) -> pd.DataFrame:
    """Table 6: linear probes, published beside ours."""
    summary = pd.read_csv(inputs.summary)
    table = table6_rows(read_published(inputs.published, "table6"), summary)
    table.attrs["sentence"] = probed_images(summary)
    return table


def head_statistics(inputs, settings: dict) -> pd.DataFrame:
    """How the heads differ by layer, in numbers."""
    return heads_table(pd.read_csv(inputs.summary))


def predictions_table(names: list[str], logits: np.ndarray, classes: list[str], k: int) -> pd.DataFrame:
    """The `k` likeliest classes of each image by logits (images, classes), a row per rank."""
    order, probabilities = top_classes(logits, k)
    rows = [
        {"image": name, "rank": rank, "class": short_name(classes[number]), "probability (%)": f"{100 * p:.2f}"}
        for name, numbers, ps in zip(names, order, probabilities, strict=True)
        for rank, (number, p) in enumerate(zip(numbers, ps, strict=True), 1)
    ]
    return pd.DataFrame(rows)


def table5_rows(
    published: pd.DataFrame,
    names: list[str],
    sweep: pd.DataFrame,
    logits: np.ndarray,
    published_logits: np.ndarray,
    classes: list[str],
    are_published: bool,
) -> pd.DataFrame:
    """Table 5: the report's rows, then ours by image.

    sweep: a row per mask (shape, way, fraction, masked, seed), logits float (masks, images, classes), and those of the
    images as published, squashed. The report's protocol is one draw, of the first seed, by black pixels: 30% at random,
    and the centre block. Where the images `are_published`, brackets show how far the confidence is above the report.
    """
    reported = published.set_index(["image", "mask"])["confidence (%)"] if are_published else {}
    report = published.assign(source="report", by="black pixels", n=1)
    report["masked (%)"] = [f"{value:.1f}" for value in report["masked (%)"]]
    report["confidence (%)"] = [f"{value:.2f}" for value in report["confidence (%)"]]
    ours = [
        _rows_of_image(name, sweep, logits[:, place], published_logits[:, place], classes, reported.get(name))
        for place, name in enumerate(names)
    ]
    columns = ["image", "mask", "masked (%)", "by", "source", "top-1", "confidence (%)", "n"]
    return pd.concat([report, *ours], ignore_index=True)[columns]


def masking_table(summary: pd.DataFrame, fractions: list[float]) -> pd.DataFrame:
    """Accuracy and agreement (%) by masked share, for random and centre masks of equal area and for both ways."""
    cells = summary.set_index(["condition", "metric"])["mean"]
    rows = []
    for metric, name in (("accuracy", "accuracy of the probe"), ("agreement", "same top-1 as whole")):
        for fraction in [0, *fractions]:
            conditions = {column: mask_name(*column, fraction) if fraction else "whole" for column in COLUMNS}
            found = {_heading(*column): _interval(cells[condition], metric) for column, condition in conditions.items()}
            rows.append({"measure": name, "masked (%)": f"{100 * fraction:g}"} | found)
    return pd.DataFrame(rows)


def control_table(summary: pd.DataFrame, share: float) -> pd.DataFrame:
    """Masks of one area that differ in their content, for `share` of the patches and for the report's own block.

    Of each, the share of the ink that it hides, the probe's accuracy with its 95% interval (%), and the mean
    probability (%) that the probe gives to the image's class.
    """
    cells = summary.set_index(["condition", "metric"])["mean"]
    rows = []
    for shape, name in CONTROLS.items():
        for way, by in WAYS.items():
            found = cells[mask_name(shape, way, share)]
            area = "the block's" if shape.startswith("block") else f"{100 * share:g}%"
            rows.append(
                {
                    "area": area,
                    "mask": name,
                    "by": by,
                    "ink hidden (%)": f"{100 * found['ink']:.1f}",
                    "accuracy of the probe (%)": _interval(found, "accuracy"),
                    "probability of the class (%)": f"{100 * found['class_probability']:.1f}",
                }
            )
    return pd.DataFrame(rows)


def masked_images(summary: pd.DataFrame) -> str:
    """On how many images that was measured, for the caption."""
    return f"Over {summary.set_index('metric').at['images', 'mean']:.0f} test images."


def table6_rows(published: pd.DataFrame, summary: pd.DataFrame) -> pd.DataFrame:
    """Table 6: accuracy (%) of the probes in the report, under its protocol, and corrected; and the differences.

    Brackets show by how much the published protocol's are above the report.
    """
    means = summary.set_index(["condition", "metric"])[["mean", "sd", "n"]]
    reported = dict(published.itertuples(index=False))
    rows = []
    for metric, heading in [*((f"{name}_accuracy", PROBES[name]) for name in PROBES), *DIFFERENCES.items()]:
        of_probe = metric.endswith("accuracy")
        if heading in reported:
            rows.append([heading, "report", f"{reported[heading]:.2f}", "–", "1" if of_probe else "–", "–", 1])
        for condition, source in PROTOCOLS.items():
            report = reported.get(heading) if condition == "probe_published" else None
            rows.append([heading, source, *_probe(means.loc[condition], metric, report)])
    return pd.DataFrame(rows, columns=["features", "source", "accuracy (%)", "95% interval", "C", "converged", "n"])


def probed_images(summary: pd.DataFrame) -> str:
    """How many images the probes of either protocol had, for the caption."""
    means = summary.set_index(["condition", "metric"])["mean"]
    published, corrected = (
        " and ".join(f"{means[condition, f'{split}_images']:.0f}" for split in ("train", "test"))
        for condition in PROTOCOLS
    )
    return f"Training and test images: {published} as published, {corrected} corrected."


def heads_table(summary: pd.DataFrame) -> pd.DataFrame:
    """Entropy and distance of the attention by layer: the mean over the heads, and the lowest and highest head."""
    cells = summary.set_index(["condition", "metric"])["mean"]
    layers = [name for name in summary["condition"].unique() if name.startswith("layer")]
    rows = []
    for layer in layers:
        row = {"layer": layer.removeprefix("layer")}
        for name, heading, scale in (("entropy", "entropy (nats)", 1), ("distance", "distance (% of width)", 100)):
            mean, low, high = (scale * cells[layer, f"{name}_{part}"] for part in ("mean", "lowest", "highest"))
            row[heading] = f"{mean:.2f} ({low:.2f} to {high:.2f})"
        rows.append(row)
    return pd.DataFrame(rows)


def _rows_of_image(
    name: str,
    sweep: pd.DataFrame,
    logits: np.ndarray,
    published_logits: np.ndarray,
    classes: list[str],
    reported: pd.Series | None,
) -> pd.DataFrame:
    """`reported` has the report's confidence (%) by mask, where it shows this very image."""
    probabilities = softmax(logits.astype(np.float64), axis=1)
    as_published = softmax(published_logits.astype(np.float64), axis=1)
    first = sweep["seed"].iloc[0]
    rows = []
    for (shape, fraction, way), group in sweep.groupby(["shape", "fraction", "way"], sort=False):
        row = {"image": name, "mask": shape, "masked (%)": f"{100 * group['masked'].iloc[0]:.1f}", "by": WAYS[way]}
        if _is_published(shape, fraction, way, sweep):
            one = group.index[group["seed"] == first]
            answer = _answer(as_published[one], classes)
            if reported is not None:
                confidence = 100 * as_published[one].max()
                answer["confidence (%)"] += above(confidence, reported[shape], 2)
            rows.append(row | {"source": "ours, published protocol"} | answer)
        if shape != "whole":
            rows.append(row | {"source": "ours, corrected"} | _answer(probabilities[group.index], classes))
    return pd.DataFrame(sorted(rows, key=lambda row: row["source"], reverse=True))


def _is_published(shape: str, fraction: float, way: str, sweep: pd.DataFrame) -> bool:
    """The report masks less of the centre than at random; `sweep` has both areas for both shapes."""
    areas = sweep.loc[sweep["shape"] != "whole", "fraction"]
    asked = {"whole": 0.0, "random": areas.max(), "centre": areas.min()}
    return way == "pixels" and fraction == asked[shape]


def _answer(probabilities: np.ndarray, classes: list[str]) -> dict:
    """The most frequent top-1 of the draws (draws, classes), and its mean probability with its sd."""
    answers = probabilities.argmax(1)
    answer = np.bincount(answers).argmax()
    agreed = (answers == answer).sum()
    values = 100 * probabilities[:, answer]
    confidence = f"{values.mean():.2f}" if len(values) == 1 else f"{values.mean():.2f} ± {values.std(ddof=1):.2f}"
    share = "" if agreed == len(answers) else f" ({agreed} of {len(answers)})"
    return {"top-1": short_name(classes[answer]) + share, "confidence (%)": confidence, "n": len(answers)}


def _heading(shape: str, way: str) -> str:
    return f"{shape}, {WAYS[way]}"


def _interval(values: pd.Series, metric: str) -> str:
    """A share and its interval in %; `values` by metric."""
    value, low, high = (100 * values[f"{metric}{end}"] for end in ("", "_low", "_high"))
    return f"{value:.1f} ({low:.1f} to {high:.1f})"


def _probe(found: pd.DataFrame, metric: str, report: float | None) -> list:
    """Accuracy or difference (%), its interval, C, convergence and n; `found` has mean, sd and n by metric."""
    mean, low, high = (100 * found.at[f"{metric}{end}", "mean"] for end in ("", "_low", "_high"))
    value = format_mean_sd(mean, 100 * found.at[metric, "sd"], 2) + ("" if report is None else above(mean, report, 2))
    c = converged = "–"
    if metric.endswith("accuracy"):
        stem = metric.removesuffix("accuracy")
        c, share = f"{_rounded(10 ** found.at[f'{stem}log10_c', 'mean']):g}", found.at[f"{stem}converged", "mean"]
        converged = {1.0: "yes", 0.0: "no"}.get(share, f"{100 * share:.0f}%")
    return [value, f"{low:.2f} to {high:.2f}", c, converged, int(found.at[metric, "n"])]


def _rounded(value: float) -> float:
    """To two significant digits."""
    return float(f"{value:.2g}")
