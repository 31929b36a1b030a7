"""Pure functions from arrays to named values; nothing here imports torch."""
