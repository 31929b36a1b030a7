"""What a run says of itself: why it would run and what it costs, a line for each start and end, an honest rest."""

import re

import pytest

from archdyn.render.words import spoken
from snakemake_logger_plugin_archdyn.costs import Cost, Work, cost_of
from snakemake_logger_plugin_archdyn.dry_run import DryRun, causes
from snakemake_logger_plugin_archdyn.progress import Progress

SMOKE = ("--configfile", "config/smoke.yaml")
MODEL = "results/smoke/gan/models/mitigated_seed0.safetensors"


class Clock:
    """Seconds that a test sets."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def progress(clock: Clock, **expected: float) -> Progress:
    """Jobs of a rule are expected to take so long, and those of the condition `long` four times as long."""

    def seconds(rule: str, wildcards: dict | None) -> float:
        return expected.get(rule, 10) * (4 if wildcards and wildcards.get("condition") == "long" else 1)

    return Progress(seconds, clock)


def test_the_rest_is_told_by_what_jobs_took_before(clock):
    told = progress(clock, train=100, figure=2)
    told.plan({"train": 3, "figure": 5, "total": 8})
    told.start(0, "train", "training a", {})
    clock.now = 200  # this machine takes twice as long
    assert told.finish(0) == "done   training a: 3 min [1/8, about 7 min left]"
    assert told.seconds_left() == pytest.approx(2 * (2 * 100 + 5 * 2))


def test_a_long_job_at_first_is_not_taken_for_all(clock):
    told = progress(clock, train=100)
    told.plan({"train": 4, "total": 4})  # 400 s, on average 100 s
    told.start(0, "train", "a", {"condition": "long"})
    clock.now = 200
    told.finish(0)
    assert told.seconds_left() == 0  # all that was expected
    told = progress(clock, train=100)
    clock.now = 0
    told.plan({"train": 4, "total": 4})
    told.start(0, "train", "a", {})
    clock.now = 50
    told.finish(0)
    assert told.seconds_left() == pytest.approx(150)


def test_two_jobs_at_a_time_halve_the_rest(clock):
    told = progress(clock)
    told.plan({"train": 6, "total": 6})
    for job in (0, 1):
        told.start(job, "train", f"training {job}", {})
    clock.now = 100
    for job in (0, 1):
        told.finish(job)
    assert told.seconds_left() == pytest.approx(4 * 100 / 2)


def test_a_job_under_way_counts_for_what_it_has_done(clock):
    told = progress(clock)
    told.plan({"train": 2, "total": 2})
    told.start(0, "train", "a", {})
    clock.now = 100
    told.finish(0)
    told.start(1, "train", "b", {})
    clock.now = 160
    assert told.seconds_left() == pytest.approx(40)


def test_the_last_job_leaves_nothing_and_one_whose_start_was_not_told_is_not_told(clock):
    told = progress(clock)
    told.plan({"train": 1, "total": 1})
    told.start(0, "train", "a", {})
    clock.now = 12
    assert told.finish(0) == "done   a: 12 s [1/1]"
    assert told.finish(7) is None


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
        ("Input files updated by another job: c", ["an input is made again"]),
        (CHANGED, ["archdyn/networks/seeds.py changed", "epochs: 5 -> 6"]),
        (
            CHANGED.replace("{'epochs': 6", "{'eras': 6"),
            ["archdyn/networks/seeds.py changed", "setting {'eras': 6, 'rate': 0.1}"],
        ),
        (
            "Updated input files: x; " + CHANGED,
            ["an input changed", "archdyn/networks/seeds.py changed", "epochs: 5 -> 6"],
        ),
        ("Something that Snakemake will say tomorrow", ["Something that Snakemake will say tomorrow"]),
    ],
)
def test_the_cause_of_a_job_is_told_in_a_few_words(reason, told):
    assert causes(reason) == told


def test_a_dry_run_counts_trainings_time_and_disk_by_experiment():
    run = DryRun()
    for rule, experiment in (("gan_train", "gan"), ("gan_train", "gan"), ("figure", "gan"), ("audit_page", "")):
        run.add(rule, experiment, Cost(100, 600), "Missing output files: x")
    lines = [" ".join(line.split()) for line in run.lines()]
    assert "its output is missing: gan_train (2), figure, audit_page" in lines
    assert "gan 2 3 about 5 min 1.8 GiB" in lines
    assert "all 2 4 about 7 min 2.3 GiB" in lines


@pytest.mark.parametrize(("seconds", "text"), [(12.4, "12 s"), (240, "4 min"), (7800, "2 h 10 min")])
def test_durations_are_spoken(seconds, text):
    assert spoken(seconds) == text


def test_a_run_says_a_line_for_a_start_and_one_for_an_end_and_epochs_where_they_are_asked_for(project):
    run = project.snakemake(MODEL, "--cores", "1", *SMOKE)
    assert run.returncode == 0, run.stdout
    clocked = [line for line in run.stdout.splitlines() if re.match(r"\d\d:\d\d:\d\d ", line)]
    assert [line.split()[1] for line in clocked] == ["3", *["start", "done"] * 3]
    assert "[3/3]" in clocked[-1]
    assert "epoch" not in run.stdout and len(run.stdout.splitlines()) <= 15
    assert "Figures and tables: results/smoke/" in run.stdout
    shown = project.snakemake(MODEL, "--cores", "1", "--forcerun", "gan_train", "--logger-archdyn-epochs", *SMOKE)
    assert "[gan_train mitigated 0] epoch 1  loss_d " in shown.stdout


def test_a_dry_run_names_the_module_that_changed_and_lists_jobs_where_it_is_asked_to(with_data):
    assert with_data.snakemake(MODEL, "--cores", "1", *SMOKE).returncode == 0
    with_data.replace("workflow/scripts/archdyn/networks/seeds.py", "np.random.seed(seed)", "np.random.seed(seed + 0)")
    plan = with_data.snakemake("-n", MODEL, *SMOKE).stdout
    assert "  archdyn/networks/seeds.py changed: gan_train\n" in plan
    assert "Job 0: gan: training mitigated, seed 0" not in plan
    plan = with_data.snakemake("-n", "-p", MODEL, *SMOKE).stdout
    assert (
        "Job 0: gan: training mitigated, seed 0" in plan and "  archdyn/networks/seeds.py changed: gan_train\n" in plan
    )
