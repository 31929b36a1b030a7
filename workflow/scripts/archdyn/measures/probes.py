"""Linear probes: which classes a linear classifier reads off embeddings."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

CONVERGED = {"solver": "lbfgs", "max_iter": 10_000, "tol": 1e-5}
PENALTIES = np.logspace(-4, 3, 8)  # C, from the strongest penalty to the weakest


@dataclass
class Probe:
    """A fitted classifier, its C, and whether its solver converged."""

    model: Pipeline
    c: float
    converged: bool


def corrected_probe(features: np.ndarray, labels: np.ndarray, seed: int, validation_share: float) -> Probe:
    """A converged fit on all of the images, with the C of PENALTIES that does best on a part held out by `seed`.

    Of equally good ones, the strongest penalty.
    """
    order = np.random.default_rng(seed).permutation(len(labels))
    held_out, rest = np.split(order, [max(1, round(validation_share * len(labels)))])
    scaler = StandardScaler().fit(features[rest])
    seen, unseen = (scaler.transform(features[rows]) for rows in (rest, held_out))
    regression = LogisticRegression(warm_start=True, **CONVERGED)  # from one penalty's solution on to the next
    with _without_warnings():
        scores = [regression.set_params(C=c).fit(seen, labels[rest]).score(unseen, labels[held_out]) for c in PENALTIES]
    chosen = LogisticRegression(C=PENALTIES[int(np.argmax(scores))], **CONVERGED)
    return fitted(make_pipeline(StandardScaler(), chosen), features, labels)


def fitted(model: Pipeline, features: np.ndarray, labels: np.ndarray) -> Probe:
    """A pipeline that ends with a logistic regression, fitted to features (n, d) with labels int (n,)."""
    with _without_warnings():
        model.fit(features, labels)
    regression = model[-1]
    return Probe(model, float(regression.C), bool(regression.n_iter_.max() < regression.max_iter))


@contextmanager
def _without_warnings() -> Iterator[None]:
    """Whether a fit converged is among its numbers, and nobody can act on there being many classes."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        yield
