"""The report as a short paper."""

import json
from pathlib import Path

from archdyn.pipeline.job import Job
from archdyn.report.pdf import paper

with Job(snakemake) as job:
    content = json.loads(Path(job.input.content).read_text())
    Path(job.output.pdf).write_bytes(paper(content, Path(job.input.content).parents[1], Path(job.input.template)))
