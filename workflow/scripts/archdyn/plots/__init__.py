"""Figures from CSV and .npy; nothing here imports torch."""
