"""The VAE's whole target at smoke scale through profiles/slurm, judged by Slurm's own records.

One experiment of the smoke run, since each job on a cluster starts Snakemake twice more: that takes some three minutes
on two cores, and all of the smoke run would take over ten.
"""

import re
import subprocess
import time
from collections import Counter
from itertools import combinations, product

import pytest
import yaml

from archdyn.networks.device import has_gpu
from conftest import ROOT, Project
from slurm_cluster import Cluster, missing_commands

CONDITIONS = ("kl5", "beta1", "annealing_published", "annealing_corrected", "collapsed")
CANCELLED = "vae_train beta1_0"
SMOKE = ("--configfile", "config/smoke.yaml")
TRAINED = {f"vae_train {condition}_0" for condition in CONDITIONS}
TRAINED |= {f"vae_train annealing_{loss}_0" for loss in ("third", "again")}  # which are not measured
GROUPED = "vae_measurements_vae_measure"  # several measurements in one job
ON_GPU = {"classifier_train vae", GROUPED} | TRAINED
ON_CPU = {"data_synthesise synthetic_mnist", "data_prepare synthetic_mnist", "vae_evaluate_real"}
# The profile waits for jobs that take minutes or hours; these take seconds.
SECONDS_BETWEEN_CHECKS = 5
# The profile groups five measurements, and there are no more here.
MEASUREMENTS_PER_JOB = 2

missing = missing_commands()
needs_slurm = [
    pytest.mark.skipif(bool(missing), reason=f"no Slurm here ({', '.join(missing)}); as root: make slurm"),
    pytest.mark.skipif(has_gpu(), reason="the test cluster's GPU is made up, and would be taken for this machine's"),
]


def profile(name: str) -> dict:
    return yaml.safe_load((ROOT / f"profiles/{name}/config.yaml").read_text())


def test_the_profile_differs_from_the_default_in_what_slurm_needs():
    default = profile("default")
    del default["resources"]  # Slurm counts the GPUs
    assert default.items() <= profile("slurm").items()


def test_a_job_that_leaves_for_the_cluster_says_its_memory_and_time_and_takes_the_profiles_cores(project):
    code = (project.folder / "Snakefile").read_text()
    check = """
for rule in workflow.rules:
    if not rule.norun and rule.name not in workflow._localrules:
        print("leaves:", rule.name, rule.resources["_cores"].value, *{"mem_mb", "runtime"} & set(rule.resources))
"""
    (project.folder / "Snakefile").write_text(f"{code}\n{check}")
    planned = project.snakemake("--dry-run", "--configfile", "config/smoke.yaml")
    assert planned.returncode == 0, planned.stdout
    leaves = [line.split()[1:] for line in planned.stdout.splitlines() if line.startswith("leaves:")]
    assert {"data_prepare", "gan_train", "vae_measure"} <= {name for name, *_ in leaves}
    asked = [str(profile("slurm")["cores"]), "mem_mb", "runtime"]
    assert [job for job in leaves if sorted(job[1:]) != asked] == []


@pytest.mark.parametrize(("device", "asked"), [("auto", True), ("cpu", False)])
def test_the_type_of_gpu_is_asked_for_where_a_gpu_is(project, device, asked):
    profile = project.folder / "profiles/slurm/config.yaml"
    profile.write_text(profile.read_text().replace("  # gpu_type: a100 ", "  gpu_type: a100 "))
    for file in (project.folder / "rules").glob("*.smk"):
        # Snakemake prints a job's message in place of its resources.
        file.write_text(re.sub(r"    message:\n.*\n", "", file.read_text()))
    options = ("--workflow-profile", "profiles/slurm", "--config", f"device={device}", *SMOKE)
    plan = project.snakemake("-n", "-p", "results/smoke/vae/models/kl5_seed0.safetensors", *options)
    assert plan.returncode == 0, plan.stdout
    jobs = {re.search(r"rule (\w+):", block)[1]: block for block in plan.stdout.split("\n[") if "rule " in block}
    assert ("gpu_model=a100" in jobs["vae_train"]) == asked
    assert "gpu_model" not in jobs["data_prepare"]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    with Cluster(tmp_path_factory.mktemp("slurm")) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def run(cluster, tmp_path_factory) -> Project:
    """A copy in which `vae` ran on the cluster, and one of its trainings was cancelled on the way."""
    project = Project.fresh(tmp_path_factory.mktemp("on_slurm"))
    project.environment |= cluster.environment
    for old, new in {"  cpu: {}": "  batch: {}", "  gpu: {max": "  accelerated: {max"}.items():
        project.replace("profiles/slurm/config.yaml", old, new)
    command = ["snakemake", "vae", "--workflow-profile", "profiles/slurm", "--config", "device=auto"]
    command += ["--slurm-init-seconds-before-status-checks", str(SECONDS_BETWEEN_CHECKS)]
    command += ["--group-components", f"vae_measurements={MEASUREMENTS_PER_JOB}"]
    log = project.folder / "run.log"
    with (
        log.open("w") as out,
        subprocess.Popen(
            [*command, "--configfile", "config/smoke.yaml"],
            cwd=project.folder,
            env=project.environment,
            stdout=out,
            stderr=out,
        ) as snakemake,
    ):
        started = project.folder / "results/smoke/logs/vae_train/beta1_seed0.log"
        while snakemake.poll() is None and not started.exists():
            time.sleep(0.2)
        running = [record.id for record in cluster.records() if (record.task, record.state) == (CANCELLED, "RUNNING")]
        cluster.command("scancel", *running)
    assert snakemake.returncode == 0, log.read_text()[-5000:]
    return project


@pytest.fixture(scope="module")
def records(run, cluster):
    """What Slurm knows of the run's jobs."""
    return cluster.records()


class TestOnSlurm:
    pytestmark = [pytest.mark.long, *needs_slurm]

    def test_jobs_go_to_the_partition_that_they_need(self, records):
        assert {record.task for record in records if record.partition == "accelerated"} == ON_GPU
        assert {record.task for record in records if record.partition == "batch"} == ON_CPU
        assert all(record.gpus == (record.partition == "accelerated") for record in records)

    def test_one_gpu_serves_one_job_at_a_time(self, records):
        on_gpu = [record for record in records if record.gpus]
        together = [(one.task, other.task) for one, other in combinations(on_gpu, 2) if one.overlaps(other)]
        assert together == []

    def test_cpu_jobs_run_beside_those_on_the_gpu(self, records):
        on_gpu = [record for record in records if record.gpus]
        on_cpu = [record for record in records if not record.gpus]
        assert any(one.overlaps(other) for one, other in product(on_gpu, on_cpu))

    def test_a_cancelled_training_is_reported_and_done_again(self, run, records):
        tries = [record for record in records if record.task == CANCELLED]
        assert [record.state for record in tries] == ["CANCELLED", "COMPLETED"]
        assert f"SLURM-job '{tries[0].id}' failed, SLURM status is: 'CANCELLED'" in (run.folder / "run.log").read_text()

    def test_every_other_job_ends_well_at_its_first_try(self, records):
        others = [record for record in records if record.task != CANCELLED]
        groups = -(-len(CONDITIONS) // MEASUREMENTS_PER_JOB)
        once = dict.fromkeys((ON_GPU | ON_CPU) - {CANCELLED, GROUPED}, 1)
        assert Counter(record.task for record in others) == once | {GROUPED: groups}
        assert {record.state for record in others} == {"COMPLETED"}

    def test_the_results_are_those_of_a_local_run(self, run, smoke_run):
        metrics = "results/smoke/vae/metrics"
        names = sorted(path.name for path in (smoke_run.folder / metrics).glob("*.csv"))
        assert names == sorted(path.name for path in (run.folder / metrics).glob("*.csv"))
        assert "summary.csv" in names
        for name in names:
            assert (run.folder / metrics / name).read_text() == (smoke_run.folder / metrics / name).read_text(), name

    def test_nothing_is_left_to_do_and_nothing_half_made(self, run):
        assert run.planned("--config", "device=auto", "--configfile", "config/smoke.yaml", "--", "vae") == {}
        assert list(run.folder.rglob(".partial-*")) == []
