"""The audit, as a page and as a paper."""
