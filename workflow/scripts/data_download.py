"""Fetch one dataset's files; where it cannot be had, leave a note for the end of the run."""

from archdyn.data import registry
from archdyn.data.download import fetch_or_note
from archdyn.workflow.job import Job

with Job(snakemake) as job:
    name = job.wildcards["dataset"]
    # The sources are not among the params: another place to look is no reason to fetch again.
    job.facts["sources"] = fetch_or_note(name, registry.load()[name], job.output.raw, job.say)
