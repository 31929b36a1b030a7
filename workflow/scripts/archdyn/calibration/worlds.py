"""Worlds in which it is known whether a claim is true, at the level of arrays: through the real metrics to a verdict.

Nothing is trained. Each world draws what a network would have left behind (posteriors, embeddings, samples), the
pipeline's metrics measure it, and the claims' own rules judge it.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from archdyn.claims.values import Values
from archdyn.metrics import clip, clip_alignment, gan, generative, vae
from archdyn.metrics.per_image import per_image
from archdyn.metrics.tidy import tidy

SEEDS = range(5)
CLASSES, DIMENSIONS = 10, 64  # of embeddings
UNITS, IMAGES, SAMPLES = 20, 300, 400


@dataclass(frozen=True)
class World:
    """truth: by claim, whether it is true here. draw: the values of one world, without what the report published."""

    name: str
    experiment: str
    about: str
    truth: dict[str, bool]
    draw: Callable[[np.random.Generator], Values]


def _posterior(active: int, rng: np.random.Generator) -> dict[str, float]:
    """What vae measures of a model with this many units in use; a few more or less, as between trainings."""
    used = np.arange(UNITS) < np.clip(active + rng.integers(-1, 2), 0, UNITS) if active else np.zeros(UNITS, bool)
    mean = np.where(used, 0.9, 0.01) * rng.standard_normal((IMAGES, UNITS))
    logvar = np.where(used, -2.0, 0.0) + 0.1 * rng.standard_normal((IMAGES, UNITS))
    own = 50 - 1.5 * used.sum() + rng.standard_normal() * 0.2
    errors = own + np.abs(rng.standard_normal((IMAGES, 2))) + np.array([0, 2.0 * used.sum()])
    images = rng.integers(0, 256, (IMAGES, 8, 8), np.uint8)
    return {
        **vae.posterior_metrics(mean, logvar, 0.1, rng),
        **vae.decoder_metrics(errors, images, np.arange(IMAGES) % CLASSES),
        "test_reconstruction": errors[:, 0].mean(),
        "train_reconstruction": errors[:, 0].mean(),
    }


def _vaes(**active: int) -> Callable[[np.random.Generator], Values]:
    """Of each condition, how many units its models use."""

    def draw(rng: np.random.Generator) -> Values:
        rows = [tidy("vae", name, seed, _posterior(n, rng)) for name, n in active.items() for seed in SEEDS]
        return Values(pd.concat(rows, ignore_index=True))

    return draw


def _clip(place: Callable[[np.ndarray, np.random.Generator], np.ndarray]) -> Callable[[np.random.Generator], Values]:
    """place: from the images' class centres (classes, dimensions) to the texts of these classes."""

    def draw(rng: np.random.Generator) -> Values:
        centres = 2 * rng.standard_normal(DIMENSIONS) + rng.standard_normal((CLASSES, DIMENSIONS))
        texts = place(centres, rng)
        labels = np.tile(np.arange(CLASSES), IMAGES // CLASSES)
        prompts = {name: texts + 0.05 * rng.standard_normal(texts.shape) for name in ("plain", "photo", "wild")}
        rows = []
        for seed in SEEDS:  # one CLIP, whose pairs each seed draws anew
            train, test = ((centres[labels] + 0.6 * rng.standard_normal((IMAGES, DIMENSIONS)), labels) for _ in "12")
            drawn = clip_alignment.drawn_alignment_metrics(train, test, prompts["plain"], 100, 2, rng)
            rows += [tidy("clip", f"procrustes_{name}", seed, values) for name, values in drawn.items()]
        return Values(pd.concat(rows, ignore_index=True), _clip_images(train, test, prompts, rng))

    return draw


def _clip_images(
    train: clip_alignment.Pairs, test: clip_alignment.Pairs, prompts: dict[str, np.ndarray], rng: np.random.Generator
) -> list[pd.DataFrame]:
    """What the pipeline measures of every image of one CLIP."""
    images, labels = test
    plain = prompts["plain"]
    templates = plain + 0.3 * rng.standard_normal((10, *plain.shape))
    told = clip.told_apart(clip.unit(images), labels, clip.unit(templates))
    alignments = clip_alignment.alignment_scores(train, test, plain)
    return [
        *(per_image(name, 0, {"accuracy": clip.zero_shot(*test, texts)}) for name, texts in prompts.items()),
        *(per_image(f"procrustes_{name}", 0, scores) for name, scores in alignments.items()),
        per_image("gap_unit", 0, clip.gap_of_images(images, labels, plain)),
        per_image("gap_unit", 0, {"separability": told}),
    ]


def _rotated(centres: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return centres @ np.linalg.qr(rng.standard_normal((DIMENSIONS, DIMENSIONS)))[0]


def _shifted(centres: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return centres - 2 * centres.mean(0) + rng.standard_normal(DIMENSIONS)


def _unrelated(centres: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return 2 * rng.standard_normal(DIMENSIONS) + rng.standard_normal(centres.shape)


def _gan(
    classes: int, sure: float, unseen: float, train: float, baseline: float | None = None
) -> Callable[[np.random.Generator], Values]:
    """Samples of this many classes, of which a share is recognised with certainty, and a discriminator that is right on
    this share of training images, and of held-out images and fakes; that of the baseline, which has more images, on
    `baseline` of its training images, or as many as of others."""

    def draw(rng: np.random.Generator) -> Values:
        rows = []
        for condition in ("baseline", "mitigated", "collapse", "overfit"):
            for seed in SEEDS:
                seen = (baseline or unseen) if condition == "baseline" else train
                values = _samples(classes, sure, rng) | _discriminator(unseen, seen, rng)
                rows.append(tidy("gan", condition, seed, values))
        return Values(pd.concat(rows, ignore_index=True))

    return draw


def _samples(classes: int, sure: float, rng: np.random.Generator) -> dict[str, float]:
    labels = rng.integers(0, classes, SAMPLES)
    height = np.where(rng.random(SAMPLES) < sure, 9.0, 1.0)
    logits = np.eye(CLASSES)[labels] * height[:, None]
    histogram = generative.class_histogram(labels, CLASSES)
    even = np.full(CLASSES, 1 / CLASSES)
    return {
        "modes_covered": generative.modes_covered(histogram, even),
        "largest_class_share": histogram.max(),
        **generative.confident_modes(logits, even),
    }


def _discriminator(unseen: float, train: float, rng: np.random.Generator) -> dict[str, float]:
    """The end of a training of 60 epochs; D's outputs as label smoothing leaves them."""
    noise = 0.01 * rng.standard_normal((60, 3))
    right = np.array([train, unseen, unseen]) + noise
    columns = ("d_accuracy_train", "d_accuracy_held_out", "d_accuracy_fake")
    epochs = pd.DataFrame(right.clip(0, 1), columns=list(columns)).assign(epoch=np.arange(1, 61))
    means = {"loss_d": 1.2, "loss_g": 0.9, "d_real": 0.88, "d_fake": 0.11}
    for name, mean in means.items():
        epochs[name] = epochs[f"mean_{name}"] = mean + 0.01 * rng.standard_normal(60)
    steps = np.tile([1.2, 0.9, 0.88, 0.11, 1.0], (200, 1)) + 0.01 * rng.standard_normal((200, 5))
    return gan.training_metrics(epochs, steps)


_ANNEALED = ("annealing_published", "annealing_corrected")
WORLDS = [
    World(
        "a collapsed VAE",
        "vae",
        "no posterior differs from the prior, with any KL weight and schedule",
        {"posterior_did_not_collapse": False, "no_unit_collapsed": False, "annealing_prevents_collapse": False},
        _vaes(**dict.fromkeys(("kl5", "beta1", "unannealed_published", *_ANNEALED), 0)),
    ),
    World(
        "a VAE never annealed",
        "vae",
        "all models use as many units; annealing does nothing",
        {"annealing_prevents_collapse": False, "annealing_informs": False, "posterior_did_not_collapse": True},
        _vaes(**dict.fromkeys(("kl5", "beta1", "unannealed_published", *_ANNEALED), 12)),
    ),
    World(
        "a VAE that annealing saves",
        "vae",
        "models use 12 units with annealing and 4 without",
        {"annealing_prevents_collapse": True, "annealing_informs": True, "no_unit_collapsed": False},
        _vaes(kl5=4, beta1=4, unannealed_published=4, annealing_published=12, annealing_corrected=12),
    ),
    World(
        "a CLIP without a gap",
        "clip",
        "each text lies at the centre of its class's images",
        {"modalities_are_apart": False, "sentence_helps": False, "alignment_keeps_accuracy": True},
        _clip(lambda centres, rng: centres),
    ),
    World(
        "a CLIP with a pure shift",
        "clip",
        "texts are the class centres, moved together",
        {"modalities_are_apart": True, "sentence_helps": False},
        _clip(_shifted),
    ),
    World(
        "a CLIP of one geometry, rotated",
        "clip",
        "texts are the class centres under one rotation of all dimensions",
        {"modalities_are_apart": True, "alignment_raises_the_cosine": True},
        _clip(_rotated),
    ),
    World(
        "a CLIP of random pairs",
        "clip",
        "texts have nothing to do with the classes' images",
        {"geometry_is_shared": False, "modalities_are_apart": True},
        _clip(_unrelated),
    ),
    World(
        "a GAN of one digit",
        "gan",
        "samples of one class, and a discriminator that is right on all that it never saw",
        {"mitigation_balances": False, "baseline_draws_all_digits": False, "collapse_to_one_digit": True},
        _gan(classes=1, sure=1.0, unseen=0.99, train=1.0),
    ),
    World(
        "a GAN of blurred digits",
        "gan",
        "samples of all classes, a hundredth of which the classifier is sure of",
        {"baseline_draws_all_digits": False, "collapse_to_one_digit": False},
        _gan(classes=10, sure=0.01, unseen=0.6, train=0.6),
    ),
    World(
        "a GAN of a few sure digits",
        "gan",
        "samples of all classes, a fifth of which the classifier is sure of",
        {"baseline_draws_all_digits": False},
        _gan(classes=10, sure=0.2, unseen=0.6, train=0.6),
    ),
    World(
        "a GAN that blurs one digit",
        "gan",
        "samples that are all most like one class, a fifth of which the classifier is sure of",
        {"collapse_to_one_digit": False},
        _gan(classes=1, sure=0.2, unseen=0.6, train=0.6),
    ),
    World(
        "a GAN that memorises however many images there are",
        "gan",
        "a discriminator that is right on its training images and guesses on others, few or many",
        {"discriminator_overfits": False},
        _gan(classes=10, sure=1.0, unseen=0.5, train=0.99, baseline=0.99),
    ),
    World(
        "a GAN that memorises",
        "gan",
        "a discriminator that is right on few training images, and guesses on others and where there are many",
        {"discriminator_overfits": True, "mitigation_balances": True, "baseline_draws_all_digits": True},
        _gan(classes=10, sure=1.0, unseen=0.5, train=0.99),
    ),
]
