"""Decide every claim of the report from the numbers of the experiments, with all tests as one family."""

from pathlib import Path

import pandas as pd

from archdyn.claims.decide import family_level
from archdyn.claims.judge import test_table, verdict_table
from archdyn.claims.read import read_claims
from archdyn.claims.seal import read_seals, rules
from archdyn.claims.trials import trials
from archdyn.claims.values import Values
from archdyn.designs.sizes import curve_text
from archdyn.render.published import read_all_published, read_json
from archdyn.render.tables import write_table
from archdyn.workflow.job import Job

with Job(snakemake) as job:
    seals = {Path(file).stem: file for file in job.input.seals}
    sources = zip(job.params.experiments, job.input.claims, job.input.published, job.input.metrics, strict=True)
    measured = {}
    for name, claims, published, metrics in sources:
        images = [pd.read_csv(file) for file in job.input[f"{name}_images"]]
        values = Values(pd.read_csv(metrics), images, read_all_published(Path(published)))
        measured[name] = read_claims(claims), values, trials(read_claims(claims), values, job.params.untestable[name])
    level = family_level([trial.p for *_, found in measured.values() for trial in found if trial.counts])
    tests, verdicts = [], []
    for (name, (claims, values, found)), data in zip(measured.items(), job.input.data, strict=True):
        facts = name, found, level, rules(claims, read_seals(seals.get(name)), job.params.run)
        curves = [curve_text(pd.read_csv(file)) for file in job.input[f"{name}_curves"]]
        followed = dict(zip(job.params.curves[name], curves, strict=True))
        table = verdict_table(*facts, job.params.untestable[name], values, followed)
        tests.append(test_table(*facts))
        verdicts.append(table.assign(data=read_json(data)["commit"]))
    pd.concat(tests).to_csv(job.output.tests, index=False)
    write_table(pd.concat(verdicts), job.output, job.caption())
