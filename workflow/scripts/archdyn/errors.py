"""The errors that a user can mend: their message is one line and needs no traceback."""


class ArchdynError(Exception):
    """A fault outside the code: bad input, missing data, a diverged training."""
