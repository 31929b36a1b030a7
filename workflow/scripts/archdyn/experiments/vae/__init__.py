"""Section 5: a VAE on FashionMNIST."""
