"""Numbers as the report prints them, and as this project prints its own; nothing here imports torch."""
