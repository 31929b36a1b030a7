"""Fetch one dataset's files from its sources; where it cannot be had, leave a note for the end of the run."""

from archdyn.data import registry
from archdyn.data.download import MissingData, fetch
from archdyn.pipeline.job import Job

with Job(snakemake) as job:
    name = job.wildcards["dataset"]
    note = registry.MISSING / f"{name}.txt"
    # The sources are not among the params: another place to look is no reason to fetch again.
    try:
        fetch(name, registry.load()[name], job.output.raw, job.say)
    except MissingData as error:
        note.parent.mkdir(parents=True, exist_ok=True)
        note.write_text(f"{error}\n")
        raise
    note.unlink(missing_ok=True)
