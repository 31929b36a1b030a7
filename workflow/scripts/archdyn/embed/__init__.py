"""From models and images to .npy: samples, features, logits."""
