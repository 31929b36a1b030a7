"""Datasets: where they come from, and how they become uint8 arrays."""
