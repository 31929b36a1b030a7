"""Panels of the page: what a reader can move, as JSON that its script draws. Made from numbers and images alone."""
