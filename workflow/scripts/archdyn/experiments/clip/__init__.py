"""Section 6: zero-shot CLIP on STL-10."""
