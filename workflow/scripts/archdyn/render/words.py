"""Means with their spread, as text. Imports no pandas, since Snakemake's terminal speaks by this, too."""

import math


def mean_sd(values, digits: int) -> str:
    """`mean ± sd` over a Series; without the sd when it has only one value."""
    return format_mean_sd(values.mean(), values.std(), digits)


def format_mean_sd(mean: float, sd: float, digits: int) -> str:
    """`mean ± sd`, or `mean` where sd is NaN."""
    return f"{mean:.{digits}f}" if math.isnan(sd) else f"{mean:.{digits}f} ± {sd:.{digits}f}"


def significant(mean: float, sd: float = math.nan, digits: int = 3) -> str:
    """`mean ± sd`, or `mean` where sd is NaN, to `digits` significant digits of the mean.

    Under 0.001 as 1.20e-05, and from ten million on as 1.20e+07.
    """
    if not math.isfinite(mean):
        return str(mean).replace("inf", "∞")
    if 0 < abs(mean) < 1e-3 or abs(mean) >= 1e7:
        return f"{mean:.{digits - 1}e}" if math.isnan(sd) else f"{mean:.{digits - 1}e} ± {sd:.{digits - 1}e}"
    magnitude = math.floor(math.log10(abs(mean))) if mean else 0
    return format_mean_sd(mean, sd, max(0, digits - 1 - magnitude))


def clipped(name: str, length: int = 18) -> str:
    """A name that is no longer than `length`."""
    return name if len(name) <= length else f"{name[: length - 1]}…"


WORDS = {
    "agreement": "share answered as the whole image is",
    "d_overfit_gap": "D's accuracy, training minus held-out",
    "digits_covered": "digits drawn",
    "explained_variance": "variance explained",
    "frechet_distance": "Fréchet distance",
    "grad_norm_g_last": "G's gradient norm, at the end",
    "largest_image_share": "share of samples that are one image",
    "mutual_information": "information in the latents (nats)",
    "prior_ratio": "error with a random latent, divided by that with its own",
    "test_accuracy": "test accuracy",
    "train_accuracy": "training accuracy",
    "used_dimensions": "latent dimensions used",
}


def in_words(metric: str) -> str:
    """A metric's name in words, with its unit where it has one; of another metric, its own name with spaces."""
    return WORDS.get(metric, metric.replace("_", " "))


def spoken(seconds: float) -> str:
    """12 s, 4 min, 2 h 10 min."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"
