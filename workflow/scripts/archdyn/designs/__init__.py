"""Factorial designs: which setting matters, and which two go together."""
