"""The audit as a short paper."""

from pathlib import Path

from archdyn.audit.pdf import paper
from archdyn.render.published import read_json
from archdyn.workflow.job import Job

with Job(snakemake) as job:
    content = read_json(job.input.content)
    files = Path(job.input.content).parents[1], Path(job.input.template), Path(job.input.references)
    Path(job.output.pdf).write_bytes(paper(content, *files))
