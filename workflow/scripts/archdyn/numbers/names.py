"""What the metrics are called where a reader meets them."""

WORDS = {
    "active_units": "active units",
    "agreement": "share answered as the whole image is",
    "d_overfit_gap": "D's accuracy, training less held out",
    "frechet_distance": "Fréchet distance",
    "grad_norm_g_last": "G's gradient norm, at the end",
    "modes_covered": "classes covered",
    "mutual_information": "information in the latents (nats)",
    "pairwise_distance": "distance between samples",
    "prior_ratio": "error with a random latent, over its own",
    "test_accuracy": "test accuracy",
    "train_accuracy": "training accuracy",
}


def in_words(metric: str) -> str:
    """A metric's name in words, with its unit where it has one; of another metric, its own name with spaces."""
    return WORDS.get(metric, metric.replace("_", " "))
