"""Make the synthetic dataset's files."""

from archdyn.data.synthetic import synthesise
from archdyn.workflow.job import Job

with Job(snakemake) as job:
    synthesise(job.output.raw, job.params.files)
