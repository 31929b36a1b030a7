"""Decide every claim about one experiment from its numbers, with all tests of the audit as one family."""

from pathlib import Path

import pandas as pd

from archdyn.claims.decide import family_level
from archdyn.claims.judge import test_table, verdict_table
from archdyn.claims.read import read_claims
from archdyn.claims.scale import curve_text
from archdyn.claims.seal import read_seals, rules
from archdyn.claims.trials import trials
from archdyn.claims.values import Values
from archdyn.numbers.published import read_all_published
from archdyn.pipeline.job import Job
from archdyn.tables.write import write_table

with Job(snakemake) as job:
    images = [pd.read_csv(file) for file in job.input.images]
    values = Values(pd.read_csv(job.input.metrics), images, read_all_published(Path(job.input.published)))
    claims = read_claims(job.input.claims)
    level = family_level([p for file in job.input.family for p in pd.read_csv(file)["p"]])
    found = trials(claims, values, job.params.untestable)
    judged_by = rules(claims, read_seals(*job.input.seals), job.params.run)
    facts = job.wildcards["experiment"], found, level, judged_by
    test_table(*facts).to_csv(job.output.tests, index=False)
    curves = [curve_text(pd.read_csv(file)) for file in job.input.curves]
    followed = dict(zip(job.params.curves, curves, strict=True))
    table = verdict_table(*facts, job.params.untestable, values, followed)
    write_table(table.assign(data=job.read_json("data")["commit"]), job.output, job.caption())
