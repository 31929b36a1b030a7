"""How far a run is, and about how long the rest takes."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from archdyn.render.words import spoken

TRUSTED = 60.0  # seconds of work that other rules must do before their pace counts more than what was expected


@dataclass
class Progress:
    """Counts jobs and their seconds by rule.

    expected: gives the seconds that a rule's job is expected to take, by its wildcards, or those of its mean job.
    clock: gives seconds.
    """

    expected: Callable[[str, dict | None], float]
    clock: Callable[[], float] = time.monotonic
    _waiting: Counter = field(default_factory=Counter)  # jobs by rule that have not ended
    _total: int = 0
    _running: dict[int, tuple[str, str, float, float]] = field(default_factory=dict)  # rule, name, start, expected
    _took: Counter = field(default_factory=Counter)  # seconds of the jobs that ended, by rule
    _foreseen: Counter = field(default_factory=Counter)  # what they were expected to take
    _ahead: Counter = field(default_factory=Counter)  # what the jobs that wait or run are expected to take, by rule
    _began: float | None = None

    def plan(self, jobs: dict[str, int]) -> None:
        """Take what is to be done: jobs by rule, and their sum as `total`."""
        self._total = jobs["total"]
        self._waiting = Counter({rule: n for rule, n in jobs.items() if rule != "total"})
        self._ahead = Counter({rule: n * self.expected(rule, None) for rule, n in self._waiting.items()})

    def start(self, job: int, rule: str, name: str, wildcards: dict) -> None:
        """Note that a job of `rule` starts."""
        now = self.clock()
        self._began = now if self._began is None else self._began
        self._running[job] = rule, name, now, self.expected(rule, wildcards)

    def finish(self, job: int) -> str | None:
        """Note that a job ended, and return the line that says so; None under --quiet, which tells of no start."""
        if job not in self._running:
            return None
        rule, name, start, expected = self._running.pop(job)
        seconds = self.clock() - start
        self._took[rule] += seconds
        self._foreseen[rule] += expected
        self._ahead[rule] = max(0.0, self._ahead[rule] - expected)
        self._waiting[rule] -= 1
        done = self._total - self._waiting.total()
        return f"done   {name}: {spoken(seconds)} [{done}/{self._total}{self._rest()}]"

    def _rest(self) -> str:
        left = self.seconds_left()
        return f", about {spoken(left)} left" if left else ""

    def seconds_left(self) -> float:
        """What the jobs ahead are expected to take, at the pace of those that ended, as many at a time as so far.

        The pace of a rule is that of its own jobs; of one that has not run yet, that of all, as far as it is known.
        """
        usual = _ratio(self._took.total() + TRUSTED, self._foreseen.total() + TRUSTED)
        work = sum(
            seconds * (_ratio(self._took[rule], self._foreseen[rule]) if rule in self._took else usual)
            for rule, seconds in self._ahead.items()
            if self._waiting[rule] > 0
        )
        under_way = sum(self.clock() - start for _, _, start, _ in self._running.values())
        at_a_time = _ratio(self._took.total() + under_way, self.clock() - self._began)
        return max(0.0, work - under_way) / at_a_time


def _ratio(a: float, b: float) -> float:
    return max(a, 1e-9) / max(b, 1e-9)
