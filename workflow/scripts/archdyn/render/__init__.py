"""What figures, tables and panels share; nothing here imports torch."""
