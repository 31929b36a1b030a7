"""Section 3: what ViT-B/16 attends to."""
