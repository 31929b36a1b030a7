"""Fetch a backbone's published weights; where they cannot be had, leave a note for the end of the run."""

import tempfile
from pathlib import Path

from archdyn.data import backbones
from archdyn.data.download import fetch_or_note
from archdyn.networks.backbones import convert
from archdyn.workflow.job import Job

with Job(snakemake) as job, tempfile.TemporaryDirectory(dir=job.output.model.parent, prefix=".") as folder:
    name = job.wildcards["backbone"]
    job.facts["sources"] = fetch_or_note(name, backbones.load()[name]["weights"], Path(folder), job.say)
    (found,) = job.facts["sources"]
    ordered = backbones.is_ordered(name, found["name"])
    convert(Path(folder) / found["name"], job.output.model, job.params.architecture, job.params.weights, ordered)
