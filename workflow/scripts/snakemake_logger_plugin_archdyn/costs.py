"""About how long jobs take and how much they write, from what they took before.

costs.csv has for each rule the seconds of a job with its start, those for a million images that it sees (an image
counts once for each epoch) on a core and on a GPU, and what it writes in MiB, likewise. A line that ends in `full` is
for networks of the report's size. The numbers are of an AMD EPYC of 2.x GHz and of an H100: good for what is
proportion and order of magnitude.
"""

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

TABLE = Path(__file__).with_name("costs.csv")
USUAL = {"seconds": 3.0, "per_million": 0.0, "per_million_on_gpu": 0.0, "mib": 0.1, "mib_per_million": 0.0}


@dataclass(frozen=True)
class Work:
    """What decides how long a job takes. images: that it sees, once for each epoch. full: of the report's networks."""

    experiment: str
    images: float = 0.0
    on_gpu: bool = False
    full: bool = False


@dataclass(frozen=True)
class Cost:
    """Of one job, or of several."""

    seconds: float = 0.0
    mib: float = 0.0

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(self.seconds + other.seconds, self.mib + other.mib)


def cost_of(rule: str, work: Work) -> Cost:
    """The cost of a job of a rule; one that costs.csv does not have takes as long as most."""
    row = _table().get(f"{rule} full" if work.full else rule) or _table().get(rule, USUAL)
    millions = work.images / 1e6
    pace = row["per_million_on_gpu" if work.on_gpu else "per_million"]
    return Cost(row["seconds"] + millions * pace, row["mib"] + millions * row["mib_per_million"])


def is_training(rule: str) -> bool:
    """Whether a rule's jobs train a network."""
    return "_train" in rule or rule.endswith("_pretrain")


def work_of(rule: str, wildcards: dict | None) -> Work:
    """The work of a rule's job by its wildcards, or of its mean job; rules/common.smk puts the plan's in its place."""
    return Work("")


@cache
def _table() -> dict[str, dict[str, float]]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        return {row.pop("rule"): {name: float(value) for name, value in row.items()} for row in csv.DictReader(file)}
