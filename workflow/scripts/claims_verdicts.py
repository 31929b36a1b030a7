"""Decide every claim from the numbers of the experiments, with all claims of the run as one family."""

from pathlib import Path

import pandas as pd

from archdyn.claims.decide import judge, least_p
from archdyn.claims.judge import test_table, verdict_table
from archdyn.claims.read import read_claims
from archdyn.claims.values import Values
from archdyn.render.published import read_printed
from archdyn.render.tables import write_table
from archdyn.workflow.job import Job
from archdyn.workflow.ledger import read_ledger, rule_hash

with Job(snakemake) as job:
    ledger = read_ledger(job.input.ledger)
    judged, amended = {}, {}
    sources = zip(job.params.experiments, job.input.claims, job.input.published, job.input.metrics, strict=True)
    for name, file, published, metrics in sources:
        claims = read_claims(file)
        images = [pd.read_csv(table) for table in job.input[f"{name}_images"]]
        designs = {Path(file).stem.removeprefix("design_"): pd.read_csv(file) for file in job.input[f"{name}_designs"]}
        values = Values(pd.read_csv(metrics), images, read_printed(Path(published)), designs)
        judged[name] = judge(claims, values, job.params.untestable[name])
        amended[name] = {
            claim["id"]: ledger.amended(f"{name}.{claim['id']}", rule_hash(claim), job.params.run) for claim in claims
        }
    least = least_p([one for found in judged.values() for one in found])
    verdicts = [verdict_table(name, found, least, amended[name]) for name, found in judged.items()]
    tests = [test_table(name, found, least) for name, found in judged.items()]
    pd.concat(tests).to_csv(job.output.tests, index=False)
    write_table(pd.concat(verdicts), job.output, job.caption())
