"""Metrics that several experiments share; nothing here imports torch."""
