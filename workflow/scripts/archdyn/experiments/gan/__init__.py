"""Section 4: an MLP GAN on MNIST."""
