"""The tables of section 6. `summary` has condition, metric, mean, sd and n over the seeds."""

import pandas as pd

from archdyn.experiments.clip.words import PROMPTS
from archdyn.render import tables
from archdyn.render.published import read_json, read_published
from archdyn.render.words import format_mean_sd

GAP_COLUMNS = {  # heading: metric, digits
    "cosine, image and its text": ("pair_cosine", 4),
    "cosine, image and another class's text": ("other_cosine", 4),
    "cosine, two images": ("image_cosine", 4),
    "cosine, two classes' texts": ("text_cosine", 4),
    "relative modality gap, 0 to 1": ("relative_gap", 4),
    "centroid distance": ("centroid_distance", 4),
    "accuracy of a linear classifier": ("separability", 4),
    "correlation of the classes' geometries": ("geometry_correlation", 4),
    "share of permutations that correlate as much": ("geometry_p", 4),
    "mean length, images": ("image_norm", 3),
    "mean length, texts": ("text_norm", 3),
}
PROTOCOLS = {  # condition: source, fitted on, scored on
    "procrustes_published": ("ours, published protocol", "{} test pairs", "the same"),
    "procrustes_published_held_out": ("ours, corrected", "{} test pairs", "the other test pairs"),
    "procrustes_corrected": ("ours, corrected", "training pairs", "test pairs"),
    "procrustes_unseen_classes": ("ours, corrected", "training pairs of other classes", "test pairs of each class"),
    "procrustes_unseen_classes_least": (
        "ours, corrected",
        "training pairs of other classes, turned least",
        "test pairs of each class",
    ),
    "procrustes_unseen_classes_centroids": (
        "ours, corrected",
        "two training centroids of other classes",
        "test pairs of each class",
    ),
    "procrustes_centroids": ("ours, corrected", "no pairs, two training centroids", "test pairs"),
    "procrustes_shuffled": ("ours, null", "{} test pairs, shuffled", "the same"),
    "procrustes_shuffled_held_out": ("ours, null", "training pairs, shuffled", "right test pairs"),
    "procrustes_swapped": ("ours, null", "{} test pairs, classes swapped", "the same"),
    "procrustes_swapped_held_out": ("ours, null", "training pairs, classes swapped", "test pairs, swapped likewise"),
}
ALIGNMENT_COLUMNS = {
    "cosine before": ("cosine_before", 4),
    "cosine after": ("cosine_after", 4),
    "accuracy before": ("accuracy_before", 4),
    "accuracy after": ("accuracy_after", 4),
}


def table10(inputs, settings: dict) -> pd.DataFrame:
    """Table 10: zero-shot accuracy (%) by prompt, and by the mean of the templates, published beside ours.

    Brackets show by how much ours is above the report.
    """
    report, summary = read_published(inputs.published, "table10"), pd.read_csv(inputs.summary)
    report = report.set_index("prompt")["accuracy"]
    percent = summary.assign(mean=100 * summary["mean"], sd=100 * summary["sd"]).set_index(["condition", "metric"])
    prompts = settings["prompts"] | {"ensemble": f"{settings['templates']} of CLIP's authors"}
    rows = []
    for condition, prompt in prompts.items():
        accuracy, low, high = (percent.loc[(condition, f"accuracy{end}")] for end in ("", "_low", "_high"))
        difference = tables.above(accuracy["mean"], report[condition], 2) if condition in report else ""
        rows.append(
            {
                "prompt": f"{PROMPTS[condition]}: {prompt}",
                "report": f"{report[condition]:.2f}" if condition in report else "–",
                "ours": format_mean_sd(accuracy["mean"], accuracy["sd"], 2) + difference,
                "95% interval": f"{low['mean']:.2f} to {high['mean']:.2f}",
                "n": int(accuracy["n"]),
            }
        )
    table = pd.DataFrame(rows)
    table.attrs["sentence"] = f"Ours was computed in {read_json(inputs.facts)['arithmetic']}."
    return table


def gap(inputs, settings: dict) -> pd.DataFrame:
    """The modality gap: of unit vectors, as they are, images rotated, and where images stand in for the texts."""
    names = {
        "gap_unit": "unit vectors",
        "gap_raw": "as they are",
        "gap_aligned": "images rotated, unit",
        "gap_reference": "images as texts, unit",
    }
    table = tables.conditions_table(pd.read_csv(inputs.summary), names, GAP_COLUMNS).drop(columns="n")
    return table.set_index("condition").T.rename_axis("measure").reset_index()


def procrustes(inputs, settings: dict) -> pd.DataFrame:
    """The report's row, then one per protocol and null; brackets show by how much the first of ours is above it."""
    published, means = read_published(inputs.published, "procrustes"), tables.means_by_condition(inputs.summary)
    sources = {condition: source for condition, (source, *_) in PROTOCOLS.items()}
    ours = tables.conditions_table(pd.read_csv(inputs.summary), sources, ALIGNMENT_COLUMNS)
    report = {"condition": "report"} | dict.fromkeys(ALIGNMENT_COLUMNS, "–") | {"n": 1}
    for heading, (metric, digits) in ALIGNMENT_COLUMNS.items():
        if metric in published:
            value = published[metric].item()
            report[heading] = f"{value:.{digits}f}"
            ours.loc[0, heading] += tables.above(means["procrustes_published", metric], value, digits)
    table = pd.concat([pd.DataFrame([report]), ours], ignore_index=True).rename(columns={"condition": "source"})
    where = [("report", f"{published['pairs'].item()} test pairs", "the same"), *PROTOCOLS.values()]
    for place, heading in enumerate(("fitted on", "scored on"), 1):
        table.insert(place, heading, [cells[place].format(settings["pairs"]) for cells in where])
    return table
