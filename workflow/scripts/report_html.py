"""The audit as one self-contained page."""

from pathlib import Path

from archdyn.pipeline.job import Job
from archdyn.report.html import page

with Job(snakemake) as job:
    content, overview = job.read_json("content"), job.read_json("overview")
    html = page(content, Path(job.input.content).parents[1], Path(job.input.template), overview)
    Path(job.output.html).write_text(html)
