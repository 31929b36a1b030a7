"""How often the tests of this run would be wrong, and what they would see: repeated with the effect set."""

import numpy as np
import pandas as pd

from archdyn.calibration.simulate import simulate, summarise
from archdyn.pipeline.job import Job
from archdyn.tables.write import write_table

with Job(snakemake) as job:
    tests = pd.concat(map(pd.read_csv, job.input.tests), ignore_index=True)
    rng = np.random.default_rng(job.seed)
    rates = [simulate(test, job.params.repetitions, rng) for test in tests.to_dict("records")]
    tests = tests.join(pd.DataFrame(rates))
    tests.to_csv(job.output.tests, index=False)
    write_table(summarise(tests), job.output, job.caption())
