"""What `snakemake -n` says: why jobs would run, and how much that is by experiment, in lines instead of pages."""

import ast
import re
from collections import Counter, defaultdict

from archdyn.render.words import spoken
from snakemake_logger_plugin_archdyn.costs import Cost, is_training

CODE = re.compile(r"'([\w/]+\.py) [0-9a-f]{16}'")
PARAMS = re.compile(r"across all output: before: (?P<before>.*) now: (?P<now>.*?) ?(?:;|$)", re.DOTALL)
LISTED = 12  # rules in a line; more are counted
CAUSES = {  # as Snakemake words the beginning of a reason: as we do
    "Missing output files": "its output is missing",
    "Incomplete output files": "an earlier attempt was stopped before its output was whole",
    "Updated input files": "an input changed",
    "Input files updated by another job": "an input is made again",
    "Set of input files has changed": "it has other inputs",
    "Forced execution": "it is forced",
    "Software environment definition has changed": "its environment changed",
}


class DryRun:
    """Gathers the jobs of a dry-run; each has a rule, an experiment, a cost and Snakemake's reason for it."""

    def __init__(self):
        self._jobs: dict[str, Counter] = defaultdict(Counter)  # by cause, rules
        self._of: dict[str, list[tuple[str, Cost]]] = defaultdict(list)  # by experiment

    def add(self, rule: str, experiment: str, cost: Cost, reason: str) -> None:
        """Note a job that would run; a target that makes nothing itself has no reason of its own."""
        for cause in causes(reason):
            self._jobs[cause][rule] += 1
        self._of[experiment or "shared"].append((rule, cost))

    def lines(self) -> list[str]:
        """Why, and how much: trainings, jobs, time of all jobs one after another, and disk, by experiment."""
        why = [f"  {cause}: {_counted(rules)}" for cause, rules in self._jobs.items()]
        rows = [(name, *_totals(self._of[name])) for name in sorted(self._of)]
        rows.append(("all", *_totals([job for jobs in self._of.values() for job in jobs])))
        head = ("", "trainings", "jobs", "time of all jobs", "disk")
        widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
        table = ["  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in (head, *rows)]
        return ["A job would run because", *why, "", *(line.rstrip() for line in table)]


def causes(reason: str) -> list[str]:
    """Why a job would run, by Snakemake's reason for it: each cause in a few words, and the modules that changed.

    That an input is made again is told of where there is nothing else to tell.
    """
    found = [ours for theirs, ours in CAUSES.items() if theirs in reason]
    found += [f"{module} changed" for module in sorted(set(CODE.findall(reason)))]
    if params := PARAMS.search(reason):
        found += _changed_settings(params["before"], params["now"])
    own = [cause for cause in found if cause != CAUSES["Input files updated by another job"]]
    return own or found or [reason]


def _changed_settings(before: str, now: str) -> list[str]:
    old, new = (_read(text) for text in (before, now))
    changes = []
    for value in new:
        other = next((one for one in old if _alike(one, value)), None)
        if isinstance(value, dict) and other:
            changes += [f"{key}: {other[key]} -> {value[key]}" for key in value if other[key] != value[key]]
        else:
            changes.append(f"setting {_cut(repr(value))}")
    return changes or [f"no setting {_cut(repr(value))} any more" for value in old]


def _read(text: str) -> list:
    """The values that Snakemake lists, without those that stand for code."""
    plain = text.replace("<nothing exclusive>", "")
    try:
        values = list(ast.literal_eval(f"[{plain}]"))
    except (SyntaxError, ValueError):
        return [plain]
    return [value for value in values if not (isinstance(value, str) and CODE.fullmatch(repr(value)))]


def _alike(one, other) -> bool:
    return isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys()


def _totals(jobs: list[tuple[str, Cost]]) -> tuple[str, str, str, str]:
    cost = sum((cost for _, cost in jobs), Cost())
    disk = f"{cost.mib / 1024:.1f} GiB" if cost.mib > 1024 else f"{cost.mib:.0f} MiB"
    return str(sum(is_training(rule) for rule, _ in jobs)), str(len(jobs)), f"about {spoken(cost.seconds)}", disk


def _counted(rules: Counter) -> str:
    shown = [f"{rule} ({n})" if n > 1 else rule for rule, n in rules.most_common(LISTED)]
    more = [f"and {len(rules) - LISTED} more rules"] if len(rules) > LISTED else []
    return ", ".join(shown + more)


def _cut(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}..."
