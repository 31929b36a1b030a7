"""How far a run is, and about how long the rest takes."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from archdyn.render.words import spoken


@dataclass
class Progress:
    """Counts jobs and their seconds by rule; `clock` gives seconds."""

    clock: Callable[[], float] = time.monotonic
    _waiting: Counter = field(default_factory=Counter)  # jobs by rule that have not ended
    _total: int = 0
    _running: dict[int, tuple[str, str, float]] = field(default_factory=dict)  # rule, name, start by job
    _seconds: dict[str, list[float]] = field(default_factory=dict)  # of the jobs that ended, by rule
    _began: float | None = None

    def plan(self, jobs: dict[str, int]) -> None:
        """Take what is to be done: jobs by rule, and their sum as `total`."""
        self._total = jobs["total"]
        self._waiting = Counter({rule: n for rule, n in jobs.items() if rule != "total"})

    def start(self, job: int, rule: str, name: str) -> None:
        """Note that a job of `rule` starts."""
        now = self.clock()
        self._began = now if self._began is None else self._began
        self._running[job] = rule, name, now

    def finish(self, job: int) -> str | None:
        """Note that a job ended, and return the line that says so; None under --quiet, which tells of no start."""
        if job not in self._running:
            return None
        rule, name, start = self._running.pop(job)
        seconds = self.clock() - start
        self._seconds.setdefault(rule, []).append(seconds)
        self._waiting[rule] -= 1
        done = self._total - self._waiting.total()
        return f"done   {name}: {spoken(seconds)} [{done}/{self._total}{self._rest()}]"

    def _rest(self) -> str:
        left = self.seconds_left()
        return f", about {spoken(left)} left" if left else ""

    def seconds_left(self) -> float:
        """The jobs that wait, each as long as its rule's have taken (as all jobs, for a rule that has not run yet).

        They are taken to run as many at a time as the jobs so far.
        """
        ended = [seconds for rule in self._seconds.values() for seconds in rule]
        usual = sum(ended) / len(ended)
        means = {rule: sum(seconds) / len(seconds) for rule, seconds in self._seconds.items()}
        work = sum(n * means.get(rule, usual) for rule, n in self._waiting.items())
        under_way = sum(self.clock() - start for _, _, start in self._running.values())
        at_a_time = (sum(ended) + under_way) / max(self.clock() - self._began, 1e-9)
        return max(0.0, work - under_way) / max(at_a_time, 1e-9)
