"""Effects and interactions of the factors of one design on its outcomes, or one effect at each size of the data."""

import pandas as pd

from archdyn.designs.effects import design_effects, run_values
from archdyn.designs.sizes import effects_by_size
from archdyn.workflow.job import Job

with Job(snakemake) as job:
    design = job.params.design
    rows = pd.concat([pd.read_csv(file) for file in job.input.runs], ignore_index=True)
    effects = []
    for outcome, scale in design["outcomes"].items():
        runs = run_values(rows, design["combinations"], design["seeds"], outcome, scale)
        if design["scale"]:
            along, expects = design["scale"]["along"], design["scale"]["expects"]
            ((factor, levels),) = [item for item in design["factors"].items() if item[0] != along]
            effects.append(effects_by_size(runs, factor, levels, along, expects, outcome, scale))
        else:
            effects.append(design_effects(runs, design["factors"], outcome, scale))
    table = pd.concat(effects)
    if design["scale"]:
        table = table.assign(along=along, report=design["scale"]["report"])
    table.to_csv(job.output.effects, index=False)
