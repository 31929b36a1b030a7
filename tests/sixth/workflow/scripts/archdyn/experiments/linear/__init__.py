"""A linear autoencoder beside PCA: the sixth experiment."""
