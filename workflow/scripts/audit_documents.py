"""The audit as one self-contained page, and as a short paper."""

from pathlib import Path

from archdyn.audit.html import page
from archdyn.audit.pdf import paper
from archdyn.render.published import read_json
from archdyn.workflow.job import Job

with Job(snakemake) as job:
    content, folder = read_json(job.input.content), Path(job.input.content).parents[1]
    html = page(content, folder, Path(job.input.page))
    Path(job.output.html).write_text(html, encoding="utf-8")
    Path(job.output.pdf).write_bytes(paper(content, folder, Path(job.input.paper), Path(job.input.references)))
