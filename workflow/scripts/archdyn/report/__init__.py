"""The audit: the claims with their verdicts, and every experiment's prose, tables and figures, as PDF and HTML."""
