"""Tables from CSV, as CSV, Markdown and LaTeX; nothing here imports torch."""
