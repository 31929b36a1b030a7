"""The tables of section 3."""

from itertools import product

import numpy as np
import pandas as pd
from scipy.special import softmax

from archdyn.experiments.vit.answers import PROBES, WAYS, likeliest, mask_name, short_name
from archdyn.render.published import read_json, read_published
from archdyn.render.tables import above, means_by_condition
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


def predictions(inputs, settings: dict) -> pd.DataFrame:
    """The `k` likeliest classes of each picture, with their probabilities, a row per rank."""
    facts, logits = read_json(inputs.facts), np.load(inputs.logits)
    rows = [
        {"image": name, "rank": rank, "class": answer, "probability (%)": f"{100 * probability:.2f}"}
        for name, of_image in zip(facts["names"], logits, strict=True)
        for rank, (answer, probability) in enumerate(likeliest(of_image, facts["classes"], settings["k"]), 1)
    ]
    return pd.DataFrame(rows)


def table5(inputs, settings: dict) -> pd.DataFrame:
    """Table 5: answers to the pictures under masks, published beside ours."""
    facts, published = read_json(inputs.facts), read_published(inputs.published, "table5")
    logits = (np.load(inputs[name]) for name in ("masked_logits", "squashed_logits"))
    sweep = pd.read_csv(inputs.sweep)
    return table5_rows(published, facts["names"], sweep, *logits, facts["classes"], settings["are_published"])


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
    corrected, as_published = (softmax(found.astype(np.float64), axis=-1) for found in (logits, published_logits))
    areas, first = sweep.loc[sweep["shape"] != "whole", "fraction"], sweep["seed"].iloc[0]
    asked = {"whole": 0.0, "random": areas.max(), "centre": areas.min()}  # the report masks less of the centre
    tables = [report]
    for place, name in enumerate(names):
        rows = {"ours, published protocol": [], "ours, corrected": []}
        for (shape, fraction, way), masks in sweep.groupby(["shape", "fraction", "way"], sort=False):
            row = {"image": name, "mask": shape, "masked (%)": f"{100 * masks['masked'].iloc[0]:.1f}", "by": WAYS[way]}
            if way == "pixels" and fraction == asked[shape]:
                found = as_published[masks.index[masks["seed"] == first], place]
                answer = _answer(found, classes)
                if reported.get(name) is not None:
                    answer["confidence (%)"] += above(100 * found.max(), reported[name][shape], 2)
                rows["ours, published protocol"].append(row | answer)
            if shape != "whole":
                rows["ours, corrected"].append(row | _answer(corrected[masks.index, place], classes))
        tables += [pd.DataFrame(own).assign(source=source) for source, own in rows.items()]
    columns = ["image", "mask", "masked (%)", "by", "source", "top-1", "confidence (%)", "n"]
    return pd.concat(tables, ignore_index=True)[columns]


def masked_accuracy(inputs, settings: dict) -> pd.DataFrame:
    """Accuracy and agreement (%) by masked share, for random and centre masks of equal area and for both ways."""
    means, rows = means_by_condition(inputs.summary), []
    for metric, name in (("accuracy", "accuracy of the probe"), ("agreement", "same top-1 as whole")):
        for fraction in [0, *settings["fractions"]]:
            row = {"measure": name, "masked (%)": f"{100 * fraction:g}"}
            for way, shape in product(WAYS, ("random", "centre")):
                condition = mask_name(shape, way, fraction) if fraction else "whole"
                row[f"{shape}, {WAYS[way]}"] = _interval(means[condition], metric)
            rows.append(row)
    return _with_images(pd.DataFrame(rows), means)


def mask_controls(inputs, settings: dict) -> pd.DataFrame:
    """Masks of one area that differ in their content, for `share` of the patches and for the report's own block.

    Of each, the share of the ink that it hides, the probe's accuracy with its 95% interval (%), and the mean
    probability (%) that the probe gives to the image's class.
    """
    means, share, rows = means_by_condition(inputs.summary), settings["share"], []
    for shape, way in product(CONTROLS, WAYS):
        found = means[mask_name(shape, way, share)]
        rows.append(
            {
                "area": "the block's" if shape.startswith("block") else f"{100 * share:g}%",
                "mask": CONTROLS[shape],
                "by": WAYS[way],
                "ink hidden (%)": f"{100 * found['ink']:.1f}",
                "accuracy of the probe (%)": _interval(found, "accuracy"),
                "probability of the class (%)": f"{100 * found['class_probability']:.1f}",
            }
        )
    return _with_images(pd.DataFrame(rows), means)


def table6(inputs, settings: dict) -> pd.DataFrame:
    """Table 6: accuracy (%) of the probes in the report, under its protocol, and corrected; and the differences.

    Brackets show by how much the published protocol's are above the report.
    """
    cells = pd.read_csv(inputs.summary).set_index(["condition", "metric"])[["mean", "sd", "n"]]
    reported = dict(read_published(inputs.published, "table6").itertuples(index=False))
    rows = []
    for metric, heading in [*((f"{name}_accuracy", PROBES[name]) for name in PROBES), *DIFFERENCES.items()]:
        of_probe = metric.endswith("accuracy")
        if heading in reported:
            rows.append([heading, "report", f"{reported[heading]:.2f}", "–", "1" if of_probe else "–", "–", 1])
        for condition, source in PROTOCOLS.items():
            report = reported.get(heading) if condition == "probe_published" else None
            rows.append([heading, source, *_probe(cells.loc[condition], metric, report)])
    table = pd.DataFrame(rows, columns=["features", "source", "accuracy (%)", "95% interval", "C", "converged", "n"])
    published, corrected = (
        " and ".join(f"{cells.at[(condition, f'{split}_images'), 'mean']:.0f}" for split in ("train", "test"))
        for condition in PROTOCOLS
    )
    table.attrs["sentence"] = f"Training and test images: {published} as published, {corrected} corrected."
    return table


def head_statistics(inputs, settings: dict) -> pd.DataFrame:
    """Entropy and distance of the attention by layer: the mean over the heads, and the lowest and highest head."""
    means, rows = means_by_condition(inputs.summary), []
    for layer in means.index.unique("condition"):
        if layer.startswith("layer"):
            row = {"layer": layer.removeprefix("layer")}
            for name, heading, scale in (("entropy", "entropy (nats)", 1), ("distance", "distance (% of width)", 100)):
                mean, low, high = (scale * means[layer, f"{name}_{part}"] for part in ("mean", "lowest", "highest"))
                row[heading] = f"{mean:.2f} ({low:.2f} to {high:.2f})"
            rows.append(row)
    return pd.DataFrame(rows)


def _answer(probabilities: np.ndarray, classes: list[str]) -> dict:
    """The most frequent top-1 of the draws (draws, classes), and its mean probability with its sd."""
    answers = probabilities.argmax(1)
    answer = np.bincount(answers).argmax()
    agreed = (answers == answer).sum()
    values = 100 * probabilities[:, answer]
    confidence = f"{values.mean():.2f}" if len(values) == 1 else f"{values.mean():.2f} ± {values.std(ddof=1):.2f}"
    share = "" if agreed == len(answers) else f" ({agreed} of {len(answers)})"
    return {"top-1": short_name(classes[answer]) + share, "confidence (%)": confidence, "n": len(answers)}


def _with_images(table: pd.DataFrame, means: pd.Series) -> pd.DataFrame:
    """With a sentence for the caption, on how many images it was measured."""
    table.attrs["sentence"] = f"Over {means['whole', 'images']:.0f} test images."
    return table


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
        chosen, share = 10 ** found.at[f"{stem}log10_c", "mean"], found.at[f"{stem}converged", "mean"]
        c = f"{float(f'{chosen:.2g}'):g}"  # to two significant digits
        converged = {1.0: "yes", 0.0: "no"}.get(share, f"{100 * share:.0f}%")
    return [value, f"{low:.2f} to {high:.2f}", c, converged, int(found.at[metric, "n"])]
