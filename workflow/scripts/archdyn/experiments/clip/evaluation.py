"""All that is measured of one CLIP, in the order of section 6."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from archdyn.experiments.clip import alignment as clip_alignment
from archdyn.experiments.clip import metrics as clip
from archdyn.measures.tidy import per_image, tidy

Values = dict[str, dict[str, float]]  # by condition and metric
OfImages = dict[str, dict[str, np.ndarray]]  # by condition and metric, (n,)


@dataclass(frozen=True)
class Embedded:
    """What one CLIP embeds: images (n, d) with labels int (n,), and texts (prompts or templates, classes, d)."""

    train: clip_alignment.Pairs
    test: clip_alignment.Pairs
    prompts: dict[str, np.ndarray]  # by name, (classes, d); the gap is that of `plain`
    templates: np.ndarray

    @property
    def all_texts(self) -> np.ndarray:
        return np.concatenate([np.stack(list(self.prompts.values())), self.templates])


@dataclass(frozen=True)
class Measured:
    """rows: tidy, of every condition. curves: accuracy along the gap, by prompt. images: per-image tables by kind."""

    rows: pd.DataFrame
    curves: pd.DataFrame
    images: dict[str, pd.DataFrame]


def evaluate(embedded: Embedded, pairs: int, draws: int, seed: int, drawing: list[int]) -> Measured:
    """Zero-shot accuracy by prompt, the gap, and alignments.

    pairs: how many of the test images, drawn by each seed of `drawing`, the report's alignment is fitted to. draws: of
    each random reference. seed: that of the CLIP. images has `right` (zero-shot answers), `pairs` (cosines and answers
    by alignment), `gap` (cosines before and after alignment), `texts` (the same of the texts, `image` being the number
    of the text) and `told` (vectors whose modality a linear classifier tells).
    """
    zero_shot, right, curves = _zero_shot(embedded, seed)
    gap, of_images, of_texts, told = _gap(embedded, draws, np.random.default_rng(seed))
    plain = embedded.prompts["plain"]
    scores = _named(clip_alignment.alignment_scores(embedded.train, embedded.test, plain))
    values = zero_shot | gap | {name: clip_alignment.mean(found) for name, found in scores.items()}
    rows = [tidy("clip", condition, seed, numbers) for condition, numbers in values.items()]
    for drawn in drawing:
        rng = np.random.default_rng(drawn)
        found = _named(clip_alignment.drawn_alignment_metrics(embedded.train, embedded.test, plain, pairs, draws, rng))
        rows += [tidy("clip", condition, drawn, numbers) for condition, numbers in found.items()]
    images = {"right": right, "pairs": scores, "gap": of_images, "texts": of_texts, "told": told}
    return Measured(
        pd.concat(rows),
        curves,
        {kind: pd.concat([per_image(name, seed, of) for name, of in found.items()]) for kind, found in images.items()},
    )


def _named(protocols: dict) -> dict:
    return {f"procrustes_{protocol}": found for protocol, found in protocols.items()}


def _zero_shot(embedded: Embedded, seed: int) -> tuple[Values, OfImages, pd.DataFrame]:
    (train, train_labels), (test, labels) = embedded.train, embedded.test
    values, right, curves = {}, {}, []
    for prompt, texts in (embedded.prompts | {"ensemble": clip.ensemble(embedded.templates)}).items():
        gap = clip.gap_vector(clip.unit(train), clip.unit(texts)[train_labels])
        curve = clip.shift_curve(test, labels, texts, gap)
        curves.append(curve.assign(condition=prompt, seed=seed))
        hits = clip.zero_shot(test, labels, texts)
        values[prompt] = clip.zero_shot_metrics(hits, labels) | clip.accuracy_once_closed(curve)
        right[prompt] = {"accuracy": hits}
    return values, right, pd.concat(curves)


def _gap(embedded: Embedded, draws: int, rng: np.random.Generator) -> tuple[Values, OfImages, OfImages, OfImages]:
    (train, train_labels), (test, labels) = embedded.train, embedded.test
    plain, everything = embedded.prompts["plain"], embedded.all_texts
    rotation = clip_alignment.fit_rotation(clip.unit(train), clip.unit(plain)[train_labels])
    aligned = clip.unit(test) @ rotation
    told = {
        "gap_unit": clip.told_apart(clip.unit(test), labels, clip.unit(everything)),
        "gap_raw": clip.told_apart(test, labels, everything),
        "gap_aligned": clip.told_apart(aligned, labels, clip.unit(everything)),
    }
    values = {
        "gap_unit": clip.gap_metrics(test, labels, plain),
        "gap_raw": clip.raw_gap_metrics(test, labels, plain),
        "gap_aligned": clip.gap_metrics(aligned, labels, plain),
        "gap_reference": clip.reference_gap(test, labels, draws, rng),
    }
    values["gap_unit"] |= clip_alignment.class_geometry(test, labels, plain, rng)
    for name, found in told.items():
        values[name]["separability"] = found.mean()
    of_images = {
        "gap_unit": clip.gap_of_images(test, labels, plain),
        "gap_aligned": clip.gap_of_images(aligned, labels, plain),
    }
    of_texts = {"gap_texts": {"text_cosine": clip.cosine_parts(clip.unit(plain))}}
    return values, of_images, of_texts, {name: {"separability": found} for name, found in told.items()}
