"""Read a backbone's weights from the user's file."""

from pathlib import Path

from archdyn.networks.backbones import convert
from archdyn.workflow.job import Job

with Job(snakemake) as job:
    convert(Path(job.input.file), job.output.model, job.params.architecture, job.params.weights)
