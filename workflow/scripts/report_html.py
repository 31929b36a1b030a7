"""The audit as one self-contained page."""

from pathlib import Path

from archdyn.pipeline.job import Job
from archdyn.report.html import page

with Job(snakemake) as job:
    content = job.read_json("content")
    template = Path(job.input.template)
    Path(job.output.html).write_text(page(content, Path(job.input.content).parents[1], template))
