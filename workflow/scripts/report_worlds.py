"""What the rules say in worlds where it is known whether their claims are true."""

from pathlib import Path

from archdyn.calibration.judge import world_table
from archdyn.calibration.worlds import WORLDS
from archdyn.claims.read import read_claims
from archdyn.numbers.published import read_all_published
from archdyn.pipeline.job import Job
from archdyn.tables.write import write_table

with Job(snakemake) as job:
    claims = {Path(file).stem: read_claims(file) for file in job.input.claims}
    published = {Path(file).stem: read_all_published(Path(file)) for file in job.input.published}
    write_table(world_table(WORLDS, claims, published, job.params.repetitions, job.seed), job.output, job.caption())
