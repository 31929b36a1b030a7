"""What a run says of itself: why it would run and what it costs, a line for each start and end, an honest rest."""

import re

import pytest

from archdyn.render.words import spoken
from snakemake_logger_plugin_archdyn.costs import Cost, Work, cost_of
from snakemake_logger_plugin_archdyn.dry_run import DryRun, causes
from snakemake_logger_plugin_archdyn.progress import TRUSTED, Progress

SMOKE = ("--configfile", "config/smoke.yaml")
MODEL = "results/smoke/gan/models/mitigated_seed0.safetensors"


class Run:
    """A run's progress on a clock that a test sets. Jobs of the condition `long` cost four times as much."""

    def __init__(self, jobs: int, **expected: float):
        self.now = 0.0
        self.expected = expected
        self.progress = Progress(self.seconds, lambda: self.now)
        self.progress.plan({"train": jobs, "total": jobs})

    def seconds(self, rule: str, wildcards: dict | None) -> float:
        return self.expected[rule] * (4 if wildcards == {"condition": "long"} else 1)

    def start(self, job: int, **wildcards: str) -> None:
        self.progress.start(job, "train", f"training {job}", wildcards)

    def finish(self, job: int, at: float) -> str | None:
        self.now = at
        return self.progress.finish(job)


def test_the_rest_is_told_by_what_jobs_took_before():
    run = Run(3, train=100, figure=2)
    run.progress.plan({"train": 3, "figure": 5, "total": 8})
    run.start(0)
    assert run.finish(0, at=200) == "done   training 0: 3 min [1/8, about 7 min left]"
    left = 2 * (2 * 100) + (200 + TRUSTED) / (100 + TRUSTED) * 5 * 2  # trainings take twice as long here, figures may
    assert run.progress.seconds_left() == pytest.approx(left)


def test_a_short_job_that_is_late_says_little_of_long_ones():
    run = Run(1, train=10_000, figure=2)
    run.progress.plan({"train": 1, "figure": 1, "total": 2})
    run.progress.start(0, "figure", "figure 1", {})
    run.finish(0, at=20)  # ten times as long
    assert 10_000 < run.progress.seconds_left() < 15_000


@pytest.mark.parametrize(("condition", "at", "left"), [("long", 200, 0), ("short", 50, 150)])
def test_a_long_job_at_first_is_not_taken_for_all(condition, at, left):
    run = Run(4, train=100)  # 400 s, on average 100 s
    run.start(0, condition=condition)
    run.finish(0, at)
    assert run.progress.seconds_left() == pytest.approx(left)


def test_two_jobs_at_a_time_halve_the_rest():
    run = Run(6, train=10)
    run.start(0)
    run.start(1)
    run.finish(0, at=100)
    run.finish(1, at=100)
    assert run.progress.seconds_left() == pytest.approx(4 * 100 / 2)


def test_a_job_under_way_counts_for_what_it_has_done_and_the_last_one_leaves_nothing():
    run = Run(2, train=10)
    run.start(0)
    run.finish(0, at=100)
    run.start(1)
    run.now = 160
    assert run.progress.seconds_left() == pytest.approx(40)
    assert run.finish(1, at=172) == "done   training 1: 72 s [2/2]"
    assert run.finish(7, at=172) is None  # whose start was not told


def test_a_job_costs_more_with_more_images_and_less_on_a_gpu():
    small, large = Work("gan", images=1e4), Work("gan", images=1e6)
    assert cost_of("gan_train", small).seconds < cost_of("gan_train", large).seconds
    assert cost_of("gan_train", Work("gan", 1e6, on_gpu=True)).seconds < cost_of("gan_train", large).seconds
    assert cost_of("resnet_train", Work("resnet", 1e5, full=True)).mib > cost_of("resnet_train", Work("resnet")).mib
    assert cost_of("a_rule_of_tomorrow", large).seconds > 0


CHANGED = (
    "Params have changed since last execution: Union of exclusive params before and now across all output: before: "
    "'archdyn/networks/seeds.py 52a363da2f94e069',{'epochs': 5, 'rate': 0.1} now: {'epochs': 6, 'rate': 0.1},"
    "'archdyn/networks/seeds.py af37fbf07110286c' "
)


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        ("Missing output files: a, b; Input files updated by another job: c", ["its output is missing"]),
        (CHANGED, ["archdyn/networks/seeds.py changed", "epochs: 5 -> 6"]),
        (
            CHANGED.replace("{'epochs': 6", "{'eras': 6"),
            ["archdyn/networks/seeds.py changed", "setting {'eras': 6, 'rate': 0.1}"],
        ),
        ("Updated input files: x; Forced execution", ["an input changed", "it is forced"]),
        ("Something that Snakemake will say tomorrow", ["Something that Snakemake will say tomorrow"]),
    ],
)
def test_the_cause_of_a_job_is_told_in_a_few_words(reason, told):
    assert causes(reason) == told


def test_a_dry_run_counts_trainings_time_and_disk_by_experiment():
    run = DryRun()
    for rule, experiment in (("gan_train", "gan"), ("gan_train", "gan"), ("figure", "gan"), ("audit_documents", "")):
        run.add(rule, experiment, Cost(100, 600), "Missing output files: x")
    lines = [" ".join(line.split()) for line in run.lines()]
    assert "its output is missing: gan_train (2), figure, audit_documents" in lines
    assert "gan 2 3 about 5 min 1.8 GiB" in lines
    assert "all 2 4 about 7 min 2.3 GiB" in lines


@pytest.mark.parametrize(("seconds", "text"), [(12.4, "12 s"), (240, "4 min"), (7800, "2 h 10 min")])
def test_durations_are_spoken(seconds, text):
    assert spoken(seconds) == text


def test_a_run_says_a_line_for_a_start_and_one_for_an_end_and_a_dry_run_names_the_module_that_changed(with_data):
    run = with_data.snakemake(MODEL, "--cores", "1", *SMOKE)
    assert run.returncode == 0, run.stdout
    clocked = [line for line in run.stdout.splitlines() if re.match(r"\d\d:\d\d:\d\d ", line)]
    assert [line.split()[1] for line in clocked] == ["1", "start", "done"]
    assert "[1/1]" in clocked[-1]
    assert "epoch" not in run.stdout and len(run.stdout.splitlines()) <= 15
    assert "Figures and tables: results/smoke/" in run.stdout
    with_data.replace("workflow/scripts/archdyn/networks/seeds.py", "np.random.seed(seed)", "np.random.seed(seed + 0)")
    plan = with_data.snakemake("-n", MODEL, *SMOKE).stdout
    assert "  archdyn/networks/seeds.py changed: gan_train\n" in plan
    assert "rule gan_train:" not in plan
