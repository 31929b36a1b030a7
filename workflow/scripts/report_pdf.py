"""The audit as a short paper."""

from pathlib import Path

from archdyn.pipeline.job import Job
from archdyn.report.pdf import paper

with Job(snakemake) as job:
    content = job.read_json("content")
    files = Path(job.input.content).parents[1], Path(job.input.template), Path(job.input.references)
    Path(job.output.pdf).write_bytes(paper(content, *files))
