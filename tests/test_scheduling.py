"""What is asked of Snakemake's scheduler, in a real run of it."""

import subprocess
import sys

import pytest

from conftest import ROOT

SNAKEFILE = """
from archdyn.pipeline.scheduling import drop_rate_limit

rounds = []


def count(jobs, select=None):
    rounds.append(len(jobs))
    return select(jobs)


onstart:
    {drop}
    from functools import partial
    scheduler = workflow.scheduler
    scheduler.job_selector = partial(count, select=scheduler.job_selector)


onsuccess:
    print("rounds:", len(rounds))


rule all:
    input:
        expand("{{n}}.txt", n=range(8)),


rule one:
    output:
        "{{n}}.txt",
    shell:
        "sleep 0.5; touch {{output}}"
"""


def rounds(folder, drop: str) -> int:
    (folder / "Snakefile").write_text(SNAKEFILE.format(drop=drop))
    command = [sys.executable, "-m", "snakemake", "--cores", "1", "--directory", folder, "-s", folder / "Snakefile"]
    environment = {"PYTHONPATH": f"{ROOT}/workflow/scripts", "PATH": "/usr/bin:/bin", "HOME": str(folder)}
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return int((run.stdout + run.stderr).partition("rounds: ")[2].split()[0])


@pytest.mark.parametrize("drop, fewest, most", [("drop_rate_limit(workflow)", 9, 20), ("pass", 21, 1000)])
def test_a_job_that_ends_is_one_round_of_scheduling(tmp_path, drop, fewest, most):
    """With the limit of jobs per second that Snakemake has by default, every job begins a series of rounds."""
    assert fewest <= rounds(tmp_path, drop) <= most
