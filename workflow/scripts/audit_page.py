"""The audit as one self-contained page."""

from pathlib import Path

from archdyn.audit.html import page
from archdyn.render.published import read_json
from archdyn.workflow.job import Job

with Job(snakemake) as job:
    content = read_json(job.input.content)
    html = page(content, Path(job.input.content).parents[1], Path(job.input.template))
    Path(job.output.html).write_text(html, encoding="utf-8")
