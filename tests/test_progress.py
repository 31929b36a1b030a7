"""What a run says of itself: a line for each start and end, and an honest estimate of the rest."""

import re

import pytest

from archdyn.render.words import spoken
from snakemake_logger_plugin_archdyn.progress import Progress


class Clock:
    """Seconds that a test sets."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_jobs_of_a_known_rule_are_expected_to_take_as_long_as_before(clock):
    progress = Progress(clock)
    progress.plan({"train": 3, "total": 3})
    progress.start(0, "train", "training a")
    clock.now = 100
    assert progress.finish(0) == "done   training a: 2 min [1/3, about 3 min left]"
    assert progress.seconds_left() == pytest.approx(200)


def test_the_end_of_a_job_whose_start_was_not_told_is_not_told_either(clock):
    progress = Progress(clock)
    progress.plan({"train": 1, "total": 1})
    assert progress.finish(0) is None


def test_two_jobs_at_a_time_halve_the_rest(clock):
    progress = Progress(clock)
    progress.plan({"train": 6, "total": 6})
    for job in (0, 1):
        progress.start(job, "train", f"training {job}")
    clock.now = 100
    for job in (0, 1):
        progress.finish(job)
    assert progress.seconds_left() == pytest.approx(4 * 100 / 2)


def test_a_job_under_way_counts_for_what_it_has_done(clock):
    progress = Progress(clock)
    progress.plan({"train": 2, "total": 2})
    progress.start(0, "train", "a")
    clock.now = 100
    progress.finish(0)
    progress.start(1, "train", "b")
    clock.now = 160
    assert progress.seconds_left() == pytest.approx(40)


def test_a_rule_that_has_not_run_yet_is_expected_to_take_the_usual_time(clock):
    progress = Progress(clock)
    progress.plan({"train": 1, "figure": 2, "total": 3})
    progress.start(0, "train", "a")
    clock.now = 30
    progress.finish(0)
    assert progress.seconds_left() == pytest.approx(60)


def test_the_last_job_leaves_nothing(clock):
    progress = Progress(clock)
    progress.plan({"train": 1, "total": 1})
    progress.start(0, "train", "a")
    clock.now = 12
    assert progress.finish(0) == "done   a: 12 s [1/1]"


@pytest.mark.parametrize(("seconds", "text"), [(12.4, "12 s"), (240, "4 min"), (7800, "2 h 10 min")])
def test_durations_are_spoken(seconds, text):
    assert spoken(seconds) == text


def test_a_run_says_one_line_for_a_start_and_one_for_an_end(project):
    run = project.snakemake(
        "resources/datasets/synthetic_mnist/train_images.npy", "--cores", "1", "--configfile", "config/smoke.yaml"
    )
    assert run.returncode == 0, run.stdout
    clocked = [line for line in run.stdout.splitlines() if re.match(r"\d\d:\d\d:\d\d ", line)]
    assert [line.split()[1] for line in clocked] == ["2", "start", "done", "start", "done"]
    assert "[2/2]" in clocked[-1]
    assert "eligible for caching" not in run.stdout
    assert len(run.stdout.splitlines()) <= 10
