"""Numbers of figures, tables and panels: the report's keep its own (Figure 8), ours continue by section (Figure G1)."""

import re
from collections import Counter

OF_THE_REPORT = re.compile(r"(figure|table)(\d+)")


def letters(sections: list[str]) -> dict[str, str]:
    """A letter for each section: the first of its name that no earlier section has."""
    taken: dict[str, str] = {}
    for name in sections:
        taken[name] = next(letter for letter in name.upper() if letter not in taken.values())
    return taken


def numbers(shown: list[str], letter: str) -> dict[str, str]:
    """The numbers of a section's results, such as figures/figure8 and figures/gradients, in the order of the text."""
    counted: Counter[str] = Counter()
    found = {}
    for name in shown:
        kind, stem = name.split("/")
        noun = kind.removesuffix("s").capitalize()
        published = OF_THE_REPORT.fullmatch(stem)
        counted[noun] += not published
        found[name] = f"{noun} {published[2] if published else f'{letter}{counted[noun]}'}"
    return found
