"""The numbers of section 3: answers under masks, what the attention does, and linear probes."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.spatial.distance import cdist
from scipy.stats import bootstrap
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from archdyn.experiments.vit.answers import mask_name
from archdyn.measures.intervals import wilson_interval
from archdyn.measures.probes import Probe, fitted
from archdyn.measures.tidy import per_image, tidy

RESAMPLES = 2000
PUBLISHED_ITERATIONS = 1000
CURVE = (0.05, 0.1, 0.2, 0.5)  # shares of the training images
CENTRE_OF = {"random": "centre", "matched": "centre", "block_random": "block", "block_matched": "block"}


@dataclass
class Embedded:
    """Images of one split: cls and mean_patch, float (n, d), and labels, int (n,)."""

    cls: np.ndarray
    mean_patch: np.ndarray
    labels: np.ndarray

    @classmethod
    def load(cls, files: Mapping[str, str], normalisation: str, split: str) -> "Embedded":
        """The embedded images of a split; `files` has <normalisation>_<split>_cls and _mean_patch, and <split>_labels,
        which may be of more images."""
        embeddings, means = (np.load(files[f"{normalisation}_{split}_{kind}"]) for kind in ("cls", "mean_patch"))
        return cls(embeddings, means, np.load(files[f"{split}_labels"])[: len(embeddings)])

    def features(self) -> dict[str, np.ndarray]:
        """What probes are fitted on, by name; `both` is CLS beside the mean, (n, 2 d)."""
        return {"cls": self.cls, "mean_patch": self.mean_patch, "both": np.hstack([self.cls, self.mean_patch])}

    def rows(self, chosen: np.ndarray | slice) -> "Embedded":
        return Embedded(self.cls[chosen], self.mean_patch[chosen], self.labels[chosen])


def bootstrap_interval(values: np.ndarray, seed: int) -> tuple[float, float]:
    """95% percentile interval of the mean of `values` (n,), over RESAMPLES draws with replacement."""
    drawn = bootstrap((values,), np.mean, n_resamples=RESAMPLES, batch=100, method="percentile", rng=seed)
    return float(drawn.confidence_interval.low), float(drawn.confidence_interval.high)


def head_rows(entropy: np.ndarray, distance: np.ndarray, patches: int, seed: int) -> pd.DataFrame:
    """Tidy rows of attention's entropy (nats) and distance (shares of the width), (images, layers, heads).

    Conditions are layer1, layer2, ...; heads count from 0, as in the report. Under attention, even_entropy and
    even_distance are what even attention has, and last_entropy_lowest and the like are of the last layer, whichever
    that is.
    """
    places = np.argwhere(np.ones([math.isqrt(patches)] * 2)) / math.isqrt(patches)
    even = {"even_entropy": np.log(patches + 1), "even_distance": cdist(places, places).mean()}
    tables = []
    for layer in range(entropy.shape[1]):
        values = {}
        for name, statistic in (("entropy", entropy), ("distance", distance)):
            heads = statistic[:, layer].mean(0)
            values |= {f"{name}_mean": heads.mean(), f"{name}_lowest": heads.min(), f"{name}_highest": heads.max()}
            values |= {f"{name}_head{number}": value for number, value in enumerate(heads)}
        tables.append(tidy("vit", f"layer{layer + 1}", seed, values))
    last = {f"last_{name}": value for name, value in values.items() if "head" not in name}
    apart = {name: found.mean() for name, found in heads_apart(entropy).items()}
    return pd.concat([tidy("vit", "attention", seed, even | last | apart), *tables], ignore_index=True)


def heads_apart(entropy: np.ndarray) -> dict[str, np.ndarray]:
    """Entropy (nats) of the last layer's broadest and sharpest head, chosen on the first half of the images; of each
    image of the other half: heads that were chosen on the very images would differ by chance alone.

    entropy: (images, layers, heads).
    """
    half = len(entropy) // 2
    heads = entropy[:half, -1].mean(0)
    return {
        "broadest_entropy": entropy[half:, -1, heads.argmax()],
        "sharpest_entropy": entropy[half:, -1, heads.argmin()],
    }


def masked_images(
    sweep: pd.DataFrame,
    cls: np.ndarray,
    top1: np.ndarray,
    probability: np.ndarray,
    ink: np.ndarray,
    labels: np.ndarray,
    probe: Probe,
) -> pd.DataFrame:
    """What was measured of each image under every mask in `sweep` (shape, way, fraction, seed), the first none at all.

    cls: float (masks, images, d). top1: the head's answer, int (masks, images). probability: what the head gives to
    its answer on the whole image (masks, images). ink: what the mask hides of the image's (masks, images). labels: int
    (images,).
    accuracy: whether the probe, fitted on whole images, is right. agreement: whether the head's answer stays as it was.
    confidence: what the head gives to that answer, which was chosen where it is highest, so any change lowers it.
    class_probability: what the probe gives to the image's own class, which nothing chose: 0 for one that it never saw.
    """
    known, columns = np.isin(labels, probe.model.classes_), np.searchsorted(probe.model.classes_, labels)
    columns[~known] = 0
    tables = []
    for position, row in enumerate(sweep.itertuples()):
        given = probe.model.predict_proba(cls[position].astype(np.float32))
        values = {
            "accuracy": (given.argmax(1) == columns) & known,
            "agreement": top1[position] == top1[0],
            "confidence": probability[position],
            "class_probability": (given[np.arange(len(labels)), columns] * known).astype(np.float32),
            "ink": ink[position],
        }
        tables.append(per_image(mask_name(row.shape, row.way, row.fraction), row.seed, values))
    return pd.concat(tables, ignore_index=True)


def masking_rows(images: pd.DataFrame, sweep: pd.DataFrame) -> pd.DataFrame:
    """Tidy rows of every mask from `masked_images`: the mean of each column, and the share of the ink that it hides.

    accuracy and agreement have Wilson intervals. Beside a random mask, random_minus_centre (or matched_minus_centre,
    block_random_minus_block, block_matched_minus_block) is the difference in accuracy to the mask at the centre, with
    a bootstrap interval over the images.
    """
    by_mask = dict(list(images.groupby(["condition", "seed"], sort=False)))
    first, tables = sweep["seed"].iloc[0], []
    for row in sweep.itertuples():
        name = mask_name(row.shape, row.way, row.fraction)
        found = by_mask[name, row.seed]
        values = {"ink": row.ink, **{column: found[column].mean() for column in ("confidence", "class_probability")}}
        values |= _share("accuracy", found["accuracy"]) | _share("agreement", found["agreement"])
        if row.shape in CENTRE_OF:
            centre = by_mask[mask_name(CENTRE_OF[row.shape], row.way, row.fraction), first]["accuracy"]
            difference = found["accuracy"].to_numpy(float) - centre.to_numpy(float)
            interval = bootstrap_interval(difference, row.seed)
            values |= _named(f"{row.shape}_minus_{CENTRE_OF[row.shape]}", difference.mean(), interval)
        tables.append(tidy("vit", name, row.seed, values))
    tables.append(tidy("vit", "whole", first, {"images": images["image"].nunique()}))
    return pd.concat(tables, ignore_index=True)


def published_probe(features: np.ndarray, labels: np.ndarray, seed: int) -> Probe:
    """As the report fits it: raw features, multinomial logistic regression, saga, C = 1, 1,000 iterations at most."""
    regression = LogisticRegression(C=1.0, solver="saga", max_iter=PUBLISHED_ITERATIONS, random_state=seed)
    return fitted(make_pipeline(regression), features, labels)


def probe_rows(
    condition: str, train: Embedded, test: Embedded, fit: Callable[[np.ndarray, np.ndarray, int], Probe], seed: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Tidy rows of the probes on CLS, on the mean patch, and on both; and which test images each is right on.

    Of each, its accuracy with a bootstrap interval over the test images, its C, and whether it converged;
    and how much better than on CLS it is on the mean patch, and on both, with paired bootstrap intervals.
    """
    values, right = {"train_images": len(train.labels), "test_images": len(test.labels)}, {}
    for name, features in train.features().items():
        probe = fit(features, train.labels, seed)
        right[name] = (probe.model.predict(test.features()[name]) == test.labels).astype(float)
        values |= _named(f"{name}_accuracy", right[name].mean(), bootstrap_interval(right[name], seed))
        values |= {f"{name}_log10_c": np.log10(probe.c), f"{name}_converged": probe.converged}
    for name in ("mean_patch", "both"):
        difference = right[name] - right["cls"]
        values |= _named(f"{name}_minus_cls", difference.mean(), bootstrap_interval(difference, seed))
    images = per_image(condition, seed, {f"{name}_accuracy": hits.astype(bool) for name, hits in right.items()})
    return tidy("vit", condition, seed, values), images


def learning_curve(
    train: Embedded, test: Embedded, fit: Callable[[np.ndarray, np.ndarray, int], Probe], seed: int
) -> pd.DataFrame:
    """Tidy rows: conditions images_<n> with the accuracy of each probe fitted on the first n of a shuffle by `seed`.

    All of the images make no point: `probe_rows` has that.
    """
    order = np.random.default_rng(seed).permutation(len(train.labels))
    tables = []
    for share in CURVE:
        some = train.rows(order[: round(share * len(order))])
        probes = {name: fit(features, some.labels, seed) for name, features in some.features().items()}
        values = {
            f"{name}_accuracy": probe.model.score(test.features()[name], test.labels) for name, probe in probes.items()
        }
        tables.append(tidy("vit", f"images_{len(some.labels)}", seed, values))
    return pd.concat(tables, ignore_index=True)


def _share(name: str, right: np.ndarray) -> dict[str, float]:
    return _named(name, right.mean(), wilson_interval(right))


def _named(name: str, value: float, interval: tuple[float, float]) -> dict[str, float]:
    return {name: value, f"{name}_low": interval[0], f"{name}_high": interval[1]}
